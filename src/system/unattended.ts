import { Failure } from "../model/failure.ts";
import { noDialog } from "./dialog.ts";
import type { System } from "./system.ts";
import { withoutQuestions } from "./terminal.ts";

/** The same system without prompts, as beside a program that owns the terminal. */
export function withoutPrompts(system: System): System {
  return { ...system, terminal: withoutQuestions(system.terminal), dialog: noDialog };
}

/** The same, without helpers that may open a window, to unlock a keychain. */
export function unattended(system: System): System {
  // Windows' data protection never prompts.
  if (system.platform === "windows") return withoutPrompts(system);
  const help: System["children"]["help"] = ({ command }) =>
    Promise.reject(new Failure("needs-person", `${command} was not run: it may prompt`));
  return { ...withoutPrompts(system), children: { ...system.children, help } };
}
