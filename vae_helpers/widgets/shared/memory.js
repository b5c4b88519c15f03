// What need not be computed again.

/** `f`, which is not asked again while its arguments stay the same numbers. */
export function keepLast(f) {
  let [last, found] = [[], null];
  return (...values) => {
    if (!found || values.some((value, i) => value !== last[i])) [last, found] = [values, f(...values)];
    return found;
  };
}
