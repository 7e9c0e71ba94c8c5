import type { HelperOutput, HelperSpec } from "../../system/children.ts";

/** Runs a program without athm's secrets, for a limited time and output; see `ProofContext`. */
export type RunHelper = (
  spec: Pick<HelperSpec, "command" | "args"> & Partial<Pick<HelperSpec, HelperPart>>,
) => Promise<HelperOutput>;

type HelperPart = "input" | "inputBytes" | "title" | "captures" | "set";

/** The first line of a program's errors that says something, for a message. */
export function errorLine(stderr: string): string {
  const lines = stderr.split(/\r?\n/).map((line) => line.replace(/\p{C}+/gu, " ").trim());
  const said = lines.find((line) => /^error|ERROR/.test(line)) ?? lines.find(Boolean) ?? "";
  return [...said].slice(0, 200).join("");
}
