import type { Format } from "./format.ts";
import { json } from "./json.ts";
import { sh } from "./shell.ts";

/** Every format of `athm aws export`; the first is the default. */
export const formats: readonly Format[] = [sh, json];
