import { cmd } from "./cmd.ts";
import { dotenv } from "./dotenv.ts";
import { fish } from "./fish.ts";
import type { Format } from "./format.ts";
import { github } from "./github.ts";
import { ini } from "./ini.ts";
import { json } from "./json.ts";
import { nu } from "./nu.ts";
import { powershell } from "./powershell.ts";
import { sh } from "./shell.ts";

/** The formats of `athm aws export`; the first is the default. */
export const formats: readonly Format[] = [
  sh,
  fish,
  powershell,
  cmd,
  nu,
  dotenv,
  json,
  ini,
  github,
];
