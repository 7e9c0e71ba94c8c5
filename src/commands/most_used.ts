import { type Entry, entry } from "../line/command.ts";
// Import eagerly: it is the command used most, and resolving a module costs the others more than
// its few lines.
import { command } from "./aws/exec.ts";

export const exec: Entry = entry(
  "aws exec",
  "[NAME] [--] [COMMAND [ARG…]]",
  "run a command with a profile's credentials",
  () => Promise.resolve({ command }),
);

export const process: Entry = entry(
  "aws process",
  "[NAME]",
  "print the credential_process document",
  () => import("./aws/process.ts"),
);

export const exporting: Entry = entry(
  "aws export",
  "[NAME]",
  "print a profile's credentials for a shell",
  () => import("./aws/export.ts"),
);

export const tokenEks: Entry = entry(
  "aws token eks",
  "CLUSTER [NAME]",
  "print a token for a Kubernetes cluster, as kubectl runs it",
  () => import("./aws/token/eks.ts"),
);

export const prompt: Entry = entry(
  "aws prompt",
  "[bash|zsh|fish|powershell]",
  "print the shell's profile and time left, for the prompt",
  () => import("./aws/prompt.ts"),
);

/**
 * What SDKs, kubectl and shells start all the time. These do without the table of all commands, whose
 * 5 KB cost 1 % of a start.
 */
export const mostUsed: readonly Entry[] = [exec, exporting, process, tokenEks, prompt];
