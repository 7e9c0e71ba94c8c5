import bash from "./scripts/athm.bash" with { type: "text" };
import initBash from "./scripts/init.bash" with { type: "text" };
import initFish from "./scripts/init.fish" with { type: "text" };
import initPowershell from "./scripts/init.ps1" with { type: "text" };
import initZsh from "./scripts/init.zsh" with { type: "text" };
import fish from "./scripts/athm.fish" with { type: "text" };
import powershell from "./scripts/athm.ps1" with { type: "text" };
import zsh from "./scripts/athm.zsh" with { type: "text" };
import { usage } from "../model/failure.ts";
import { suggestion } from "../model/names.ts";
import type { ExpectedWord } from "./complete.ts";

export interface Shell {
  readonly name: string;
  /** Loads completion. */
  readonly script: string;
  /** Defines the shell function `athm`. */
  readonly init: string;
  /** The line that runs `athm shell-init`, and the file that it belongs in. */
  readonly load: string;
  readonly startFile: string;
  /** Converts the words from the script's form. */
  readonly words: (given: readonly string[]) => readonly string[];
}

const asTyped = (given: readonly string[]) => given;

export const shells: readonly Shell[] = [
  {
    name: "bash",
    script: bash,
    init: initBash + bash,
    load: 'eval "$(athm shell-init bash)"',
    startFile: "~/.bashrc",
    words: asTyped,
  },
  {
    name: "zsh",
    script: zsh,
    // Without compinit, zsh has no completion.
    init: `${initZsh}if (( $+functions[compdef] )); then\n${zsh}fi\n`,
    load: 'eval "$(athm shell-init zsh)"',
    startFile: "~/.zshrc",
    words: asTyped,
  },
  {
    name: "fish",
    script: fish,
    init: initFish + fish,
    load: "athm shell-init fish | source",
    startFile: "~/.config/fish/config.fish",
    words: asTyped,
  },
  {
    name: "powershell",
    script: powershell,
    init: initPowershell + powershell,
    load: "athm shell-init powershell | Out-String | Invoke-Expression",
    startFile: "$PROFILE",
    words: (given) => given.map((word) => word.slice(1)),
  },
];

/** @throws {Failure} `usage` for another shell */
export function shellNamed(name: string): Shell {
  const shell = shells.find((each) => each.name === name.toLowerCase());
  if (shell) return shell;
  const names = shells.map((each) => each.name);
  throw usage(
    `shell ${JSON.stringify(name.slice(0, 40))} is not supported` + suggestion(name, names),
    `use one of ${names.join(", ")}`,
  );
}

/** Kinds that need neither names in the store nor regions. */
type Answerable = Exclude<
  ExpectedWord["kind"],
  "profile" | "policy" | "client" | "served" | "region"
>;

/**
 * The reply to a shell's completion script. Its first line is `values`, followed by lines
 * `VALUE<tab>HELP`; `files`, or `files BEFORE` if the word begins with `BEFORE` before the path; or
 * `program N` if another program's command line starts at word N (0: the first after `athm`).
 */
export function answerText(wanted: ExpectedWord & { readonly kind: Answerable }): string {
  switch (wanted.kind) {
    case "values":
      return ["values", ...wanted.values.map(({ value, help }) => `${value}\t${help}`)]
        .map((line) => line + "\n").join("");
    case "file":
      return `files ${wanted.before}`.trimEnd() + "\n";
    case "program":
      return `program ${wanted.from}\n`;
    default:
      return "values\n";
  }
}
