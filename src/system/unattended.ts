import { Failure } from "../model/failure.ts";
import { noDialog } from "./dialog.ts";
import type { System } from "./system.ts";
import { withoutQuestions } from "./terminal.ts";

/** The same system without prompts and helpers that may open a window, to unlock a keychain. */
export function unattended(system: System): System {
  const help: System["children"]["help"] = ({ command }) =>
    Promise.reject(new Failure("needs-person", `${command} was not run: it may prompt`));
  return {
    ...system,
    terminal: withoutQuestions(system.terminal),
    dialog: noDialog,
    children: {
      ...system.children,
      help: system.platform === "windows" ? system.children.help : help,
    },
  };
}
