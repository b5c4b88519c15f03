// A widget's script as the browser gets it, as a module whose functions a test can call.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const WIDGETS = new URL("../../vae_helpers/widgets/", import.meta.url);

const SHARED = ["decoder.js", "kernel_decoder.js", "stage.js"];

/** The shared files and the widget's own, as `script()` in decoder_view.py joins them. */
export function source(name) {
  const own = SHARED.includes(name) ? [] : [name];
  return [...SHARED, ...own].map((file) => readFileSync(new URL(file, WIDGETS), "utf8")).join("");
}

/** The module of a widget, such as "latent_pad.js". From a real file, so that an error names a line of it. */
export async function load(name) {
  const folder = mkdtempSync(join(tmpdir(), "vae-widget-"));
  const file = join(folder, name.replace(".js", ".mjs"));
  writeFileSync(file, source(name));
  try {
    return await import(pathToFileURL(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
