"""How long the moving pen's script takes a frame, in Node: ``python benchmarks/moving_pen.py``.

The shipped models, as notebook 10 shows them, on a page whose canvases do nothing: what is measured is the processor's
time for the decoder and for the widget's own work. A frame at 60 a second has 16.7 ms for that and for painting.
"""

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, load_pen_digits
from vae_helpers.widgets import MovingPen
from vae_helpers.widgets.shared.scripts import linked

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from javascript import find_node  # noqa: E402

FRAMES = 300
BYTES = ("noise", "weights", "codes", "others")
VALUES = ("t", "model", "temperature", "speed", "shuffle", "told", "walk", "names", "networks", "half", "latent_dim")
PROGRAM = """
import fs from "node:fs";
import { FakeElement, FakeModel, FakeObserver, fakePage } from "%(fakes)s";
import * as w from "%(script)s";
const traits = JSON.parse(fs.readFileSync("%(traits)s"));
for (const name of %(bytes)s) traits[name] = new DataView(Uint8Array.from(Buffer.from(traits[name], "base64")).buffer);
const nothing = () => {};
const context = new Proxy({}, { get: () => nothing, set: () => true });
FakeElement.prototype.getContext = () => context;
globalThis.matchMedia = () => ({ matches: false });
const frames = fakePage();
const clock = performance.now.bind(performance);
const busy = () => process.cpuUsage().user / 1000; // ms of this process: what else the machine does is left out
let now = 0;
performance.now = () => now + clock(); // each frame is a sixtieth of a second later
const [model, el] = [new FakeModel(traits), new FakeElement("div")];
w.default.render({ model, el });
el.all("canvas").forEach((canvas) => FakeObserver.resize(canvas));
const measure = (name, change) => {
  const times = Array.from({ length: %(frames)d }, (_, k) => {
    change(k);
    now += 1000 / 60;
    const begin = busy();
    frames.next();
    return busy() - begin;
  }).sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(2);
  console.log(`${name.padEnd(46)} median ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms`);
};
for (const name of model.get("names")) {
  model.set("model", name);
  frames.next();
  for (const shuffle of [false, true]) {
    model.set("shuffle", shuffle);
    frames.next();
    const how = `${name}${shuffle ? ", z shuffled" : ""}`;
    measure(`t is dragged (${how})`, (k) => model.set("t", (k %% 101) / 100));
    measure(`temperature is dragged (${how})`, (k) => model.set("temperature", (k %% 30) / 20));
  }
}
el.all("button").find(({ textContent }) => textContent === "play").handlers.click();
measure("the pen moves", nothing);
measure("the pen moves while t is dragged", (k) => model.set("t", (k %% 101) / 100));
process.exit(0);
"""


def traits(pen: MovingPen) -> dict:
    more = ("hottest", "speeds", "presenter")
    data = {name: base64.b64encode(getattr(pen, name)).decode() for name in BYTES}
    return {name: getattr(pen, name) for name in (*VALUES, *more)} | data


def main() -> None:
    models = {
        name: load_checkpoint(REPO_DATA / "weights" / f"pen_vae_{name}.pt").float() for name in ("blind", "forced")
    }
    strokes, labels = load_pen_digits("test")
    pen = MovingPen(models, strokes[labels == 2][0], strokes[labels == 7][0], strokes[:48])
    sent = traits(pen)
    size = sum(len(getattr(pen, name)) for name in BYTES)
    print(f"bytes of two models and 48 strokes: {size / 1e3:.0f} kB; in a page {len(json.dumps(sent)) / 1e3:.0f} kB")
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in ("traits.json", "script.mjs")}
        files["traits.json"].write_text(json.dumps(sent), encoding="utf-8")
        files["script.mjs"].write_text(linked("moving_pen.js"), encoding="utf-8")
        program = PROGRAM % {
            "fakes": (ROOT / "tests" / "js" / "fakes.mjs").as_uri(),
            "script": files["script.mjs"].as_uri(),
            "traits": files["traits.json"].as_posix(),
            "bytes": json.dumps(BYTES),
            "frames": FRAMES,
        }
        subprocess.run([find_node(), "--input-type=module"], input=program, encoding="utf-8", check=True)


if __name__ == "__main__":
    main()
