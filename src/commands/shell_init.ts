import type { Command } from "../line/command.ts";
import { shellNamed, shells } from "../line/shells.ts";

/** `athm shell-init SHELL`: prints the shell function `athm`, which `use` requires, and completion. */
export const command: Command = {
  count: [1, 1],
  options: [],
  examples: shells.map(({ load, startFile }) => `${load}  # in ${startFile}`),
  work: ({ operands: [name = ""] }, system) => {
    system.out(shellNamed(name).init);
    return Promise.resolve(0);
  },
};
