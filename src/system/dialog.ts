import { Failure } from "../model/failure.ts";
import type { Children, HelperOutput, HelperSpec } from "./children.ts";
import type { Environment, Platform } from "./machine.ts";
import { powershell } from "./powershell.ts";

export interface Dialog {
  /** True if there is a desktop and `--no-prompt` is not set. */
  canAsk(): Promise<boolean>;
  /**
   * The question may be an argument; the answer comes by a pipe. A hidden one keeps its spaces.
   *
   * @throws {Failure} `cancelled`
   */
  ask(question: string, echo?: "hidden"): Promise<string>;
  /** True if the person chose to allow it. @throws {Failure} `needs-person` without an answer */
  allows(question: string): Promise<boolean>;
}

const refuse = (question: string) =>
  Promise.reject(new Failure("needs-person", `cannot prompt for: ${question}`));

export const noDialog: Dialog = {
  canAsk: () => Promise.resolve(false),
  ask: refuse,
  allows: refuse,
};

/** Seconds to answer, and maximum bytes of an answer. */
const limits = { seconds: 120, bytes: 4096 };

type DialogProgram = Pick<HelperSpec, "command" | "args" | "set"> & {
  readonly unset?: readonly string[];
};

const appleScript = (hidden: boolean) => [
  "on run argv",
  `text returned of (display dialog (item 1 of argv) default answer "" with title "athm"${
    hidden ? " with hidden answer" : ""
  })`,
  "end run",
];

const passwordBox = "$it = Get-Credential -UserName athm -Message $env:ATHM_QUESTION; " +
  "if ($it) { [Console]::Out.Write($it.GetNetworkCredential().Password) }";

const inputBox = "Add-Type -AssemblyName Microsoft.VisualBasic; " +
  "[Console]::Out.Write([Microsoft.VisualBasic.Interaction]::InputBox($env:ATHM_QUESTION, 'athm'))";

type Programs = Readonly<
  Record<Platform, (question: string, hidden?: boolean) => readonly DialogProgram[]>
>;

/** Programs that open such a window; the first one installed is used. */
const entries: Programs = {
  linux: (question, hidden = false) => [
    {
      command: "zenity",
      args: ["--entry", ...hidden ? ["--hide-text"] : [], "--title=athm", `--text=${question}`],
      set: {},
    },
    {
      command: "kdialog",
      args: ["--title", "athm", hidden ? "--password" : "--inputbox", question],
      set: {},
    },
  ],
  darwin: (question, hidden = false) => [{
    command: "osascript",
    args: [...appleScript(hidden).flatMap((line) => ["-e", line]), question],
    set: {},
  }],
  windows: (question, hidden = false) => [{
    ...powershell(hidden ? passwordBox : inputBox),
    set: { ATHM_QUESTION: question },
  }],
};

const alert = [
  "on run argv",
  'button returned of (display dialog (item 1 of argv) with title "athm" with icon caution ' +
  'buttons {"Deny", "Allow"} default button "Deny" cancel button "Deny")',
  "end run",
];

const messageBox = "Add-Type -AssemblyName System.Windows.Forms; " +
  "if ([System.Windows.Forms.MessageBox]::Show($env:ATHM_QUESTION, 'athm', 'YesNo', 'Warning', " +
  "'Button2') -eq 'Yes') { [Console]::Out.Write('Allow') }";

/** The same with two buttons. The question may quote a program's arguments: it is never markup. */
const choices: Programs = {
  linux: (question) => [
    {
      command: "zenity",
      args: [
        ...["--question", "--title=athm", "--no-markup", "--default-cancel"],
        ...["--ok-label=Allow", "--cancel-label=Deny", `--text=${question}`],
      ],
      set: {},
    },
    {
      command: "kdialog",
      args: [
        ...["--title", "athm", "--yes-label", "Allow", "--no-label", "Deny"],
        // Qt shows text that begins like a tag as HTML.
        ...["--warningyesno", question.replaceAll("<", "‹").replaceAll(">", "›")],
      ],
      set: {},
    },
  ],
  darwin: (question) => [{
    command: "osascript",
    args: [...alert.flatMap((line) => ["-e", line]), question],
    set: {},
  }],
  windows: (question) => [{ ...powershell(messageBox), set: { ATHM_QUESTION: question } }],
};

/** On Linux a display, possibly forwarded by ssh; elsewhere no remote login. */
export function hasDesktop(platform: Platform, env: Environment): boolean {
  if (platform === "linux") return Boolean(env.get("WAYLAND_DISPLAY") || env.get("DISPLAY"));
  return !env.get("SSH_CONNECTION") && !env.get("SSH_TTY");
}

export type DialogHelp = Pick<Children, "help">;

export async function askInWindow(
  platform: Platform,
  children: DialogHelp,
  unset: readonly string[],
  question: string,
  echo?: "hidden",
): Promise<string> {
  const hidden = echo === "hidden";
  const last = question.split("\n").at(-1);
  const { code, stdout } = await shown(entries[platform](question, hidden), children, unset, last);
  // Closing the window makes them fail, except PowerShell, which prints nothing.
  const answer = hidden ? stdout.replace(/\r?\n$/, "") : stdout.trim();
  if (code !== 0 || answer === "") throw new Failure("cancelled", "cancelled");
  return answer;
}

/** False if the window was closed, or could not be opened on this display. */
export async function allowedInWindow(
  platform: Platform,
  children: DialogHelp,
  unset: readonly string[],
  question: string,
): Promise<boolean> {
  const [first] = question.split("\n");
  const { code, stdout } = await shown(choices[platform](question), children, unset, first);
  // On Linux the exit code is the answer.
  return code === 0 && (platform === "linux" || stdout.trim() === "Allow");
}

/** The output of the first of these programs that is installed. */
async function shown(
  programs: readonly DialogProgram[],
  children: DialogHelp,
  unset: readonly string[],
  about: string | undefined,
): Promise<HelperOutput> {
  for (const program of programs) {
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
    if (outcome) return outcome;
  }
  throw new Failure(
    "needs-person",
    `no terminal, and no program to prompt in a window: ${about}`,
    programs.some(({ command }) => command === "zenity") ? "install zenity or kdialog" : undefined,
  );
}
