import type { Command } from "../line/command.ts";
import { type CheckResult, examine } from "../doctor/run.ts";
import { checks } from "../doctor/all_checks.ts";
import { folded } from "../screen/fold.ts";
import { printable } from "../screen/width.ts";
import type { System } from "../system/system.ts";

/** `athm doctor`: diagnoses problems and suggests fixes. It never prompts or changes anything. */
export const command: Command = {
  count: [0, 0],
  options: [{ name: "json", help: "print a JSON object" }],
  work: async ({ values }, system) => {
    const answers = await system.busy("running checks", () => examine(system, checks));
    if (values.has("json")) {
      system.out(JSON.stringify({ version: 1, checks: answers.map(plain) }, undefined, 2) + "\n");
    } else system.out(text(system, answers));
    return answers.some(({ level }) => level === "failed") ? 1 : 0;
  },
};

function plain({ check, level, text, fix }: CheckResult) {
  return { check, level, text, fix: fix ?? null };
}

const marks = {
  ok: { word: "ok", color: 32 },
  warning: { word: "warn", color: 33 },
  failed: { word: "FAIL", color: 31 },
} as const;

/** A line per finding, in columns and color on a terminal. Fixes are never truncated. */
function text({ env, terminal }: System, answers: readonly CheckResult[]): string {
  const width = terminal.width();
  const colors = width !== undefined && !env.get("NO_COLOR");
  const names = Math.max(...answers.map(({ check }) => check.length));
  const indent = " ".repeat(width !== undefined && width < 60 ? 6 : names + 8);
  return answers.map(({ check, level, text, fix }) => {
    const { word, color } = marks[level];
    const mark = colors ? `\x1b[${color}m${word.padEnd(4)}\x1b[0m` : word.padEnd(4);
    const line = `${check.padEnd(names)}  ${printable(text)}`;
    const [first = "", ...more] = width === undefined
      ? [line]
      : folded(line, width - 6, width - indent.length);
    const rest = [...more, ...fix === undefined ? [] : [`fix: ${printable(fix)}`]];
    return [`${mark}  ${first}`, ...rest.map((each) => indent + each)].join("\n") + "\n";
  }).join("");
}
