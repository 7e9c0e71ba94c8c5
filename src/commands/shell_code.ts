import { fish } from "../formats/fish.ts";
import type { Exported } from "../formats/format.ts";
import { powershell } from "../formats/powershell.ts";
import { sh } from "../formats/shell.ts";

type ShellChange = Pick<Exported, "set" | "unset">;

/** Begins the code for a shell, so that the shell function does not take help for it. */
const begin = ": athm use\n";

/** Code that changes the variables of each shell, for the function of `athm shell-init`. */
const codes: ReadonlyMap<string, (change: ShellChange) => string> = new Map([
  ["bash", posix],
  ["zsh", posix],
  ["fish", (change) => begin + fish.print(change)],
  ["powershell", (change) => `# athm use\n${powershell.print(change)}`],
]);

/** The names of the shells. */
export const codedShells: readonly string[] = [...codes.keys()];

/** @param shell one of `codedShells` */
export function shellCode(shell: string, change: ShellChange): string {
  const code = codes.get(shell);
  if (!code) throw new Error("the line was read against these shells");
  return code(change);
}

/** A read-only variable would stop the code halfway, so that the shell had half of a session. */
function posix(change: ShellChange): string {
  const names = [...change.unset, ...Object.keys(change.set)].join(" ");
  return `${begin}if (unset ${names}) 2>/dev/null; then\n${sh.print(change)}else\n` +
    "echo 'athm: error: a variable of the session is read-only in this shell' >&2\nfalse\nfi\n";
}
