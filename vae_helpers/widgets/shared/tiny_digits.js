// Digits as the few numbers that a principal component analysis makes of them; and pictures of such numbers.

import { halvesToFloats } from "./bytes.js";
import { SIDE } from "./digit.js";

/** What Python sent: `codes`, so many numbers a digit; `batch(count)`, some at random; `picture(numbers)`, 784 pixels. */
export function readDigits(model) {
  const [numbers, directions, mean] = ["numbers", "directions", "mean"].map((name) => halvesToFloats(model.get(name)));
  const size = directions.length / SIDE ** 2;
  const batch = (count) => {
    const x = new Float32Array(count * size);
    for (let n = 0; n < count; n++) {
      const i = Math.floor((Math.random() * numbers.length) / size);
      x.set(numbers.subarray(size * i, size * (i + 1)), size * n);
    }
    return x;
  };
  const picture = (values) => {
    const pixels = Float32Array.from(mean);
    values.forEach((value, k) => {
      for (let i = 0; i < pixels.length; i++) pixels[i] += value * directions[SIDE ** 2 * k + i];
    });
    return pixels.map((value) => Math.min(Math.max(value, 0), 1));
  };
  return { numbers, size, batch, picture };
}
