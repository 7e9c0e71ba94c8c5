import { Failure } from "../model/failure.ts";
import { noDialog } from "./dialog.ts";
import type { System } from "./system.ts";
import { withoutQuestions } from "./terminal.ts";

/**
 * The same world where nobody may be bothered: nothing is asked, and no helper is started, for one may
 * show a window of its own (a keychain that wants to be unlocked). Windows' data protection asks nobody.
 */
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
