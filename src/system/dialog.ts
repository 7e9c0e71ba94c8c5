import { Failure } from "../model/failure.ts";
import type { Children, HelperSpec } from "./children.ts";
import type { Environment, Platform } from "./machine.ts";
import { powershell } from "./powershell.ts";

export interface Dialog {
  /** True if there is a desktop and `--no-prompt` is not set. */
  canAsk(): Promise<boolean>;
  /** The question may be an argument; the answer comes by a pipe. @throws {Failure} `cancelled` */
  ask(question: string): Promise<string>;
}

export const noDialog: Dialog = {
  canAsk: () => Promise.resolve(false),
  ask: (question) => Promise.reject(new Failure("needs-person", `cannot prompt for: ${question}`)),
};

/** Seconds to answer, and maximum bytes of an answer. */
const limits = { seconds: 120, bytes: 4096 };

type DialogProgram = Pick<HelperSpec, "command" | "args" | "set"> & {
  readonly unset?: readonly string[];
};

const appleScript = [
  "on run argv",
  'text returned of (display dialog (item 1 of argv) default answer "" with title "athm")',
  "end run",
];

const inputBox = "Add-Type -AssemblyName Microsoft.VisualBasic; " +
  "[Console]::Out.Write([Microsoft.VisualBasic.Interaction]::InputBox($env:ATHM_QUESTION, 'athm'))";

/** Programs that open such a window; the first one installed is used. */
const programs: Readonly<Record<Platform, (question: string) => readonly DialogProgram[]>> = {
  linux: (question) => [
    { command: "zenity", args: ["--entry", "--title=athm", `--text=${question}`], set: {} },
    { command: "kdialog", args: ["--title", "athm", "--inputbox", question], set: {} },
  ],
  darwin: (question) => [{
    command: "osascript",
    args: [...appleScript.flatMap((line) => ["-e", line]), question],
    set: {},
  }],
  windows: (question) => [{ ...powershell(inputBox), set: { ATHM_QUESTION: question } }],
};

/** On Linux a display, possibly forwarded by ssh; elsewhere no remote login. */
export function hasDesktop(platform: Platform, env: Environment): boolean {
  if (platform === "linux") return Boolean(env.get("WAYLAND_DISPLAY") || env.get("DISPLAY"));
  return !env.get("SSH_CONNECTION") && !env.get("SSH_TTY");
}

export async function askInWindow(
  platform: Platform,
  children: Pick<Children, "help">,
  unset: readonly string[],
  question: string,
): Promise<string> {
  for (const program of programs[platform](question)) {
    const all = { ...program, ...limits, unset: [...unset, ...program.unset ?? []], quiet: true };
    const outcome = await children.help(all)
      .catch((error) => {
        if (!(error instanceof Failure)) throw error;
        if (error.code.startsWith("command-not-")) return undefined; // try the next one
        if (error.code !== "source") throw error;
        throw new Failure(
          "needs-person",
          `no answer in the window within ${limits.seconds / 60} minutes`,
          "run it again",
          { cause: error },
        );
      });
    if (!outcome) continue;
    // Closing the window makes them fail, except PowerShell, which prints nothing.
    const answer = outcome.stdout.trim();
    if (outcome.code !== 0 || answer === "") throw new Failure("cancelled", "cancelled");
    return answer;
  }
  throw new Failure(
    "needs-person",
    `no terminal, and no program to prompt in a window: ${question.split("\n").at(-1)}`,
    platform === "linux" ? "install zenity or kdialog" : undefined,
  );
}
