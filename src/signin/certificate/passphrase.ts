import { Failure, promptsDisabled } from "../../model/failure.ts";
import { Secret } from "../../model/secret.ts";
import type { System } from "../../system/system.ts";
import { readKeyFile } from "./certificate.ts";

const option = "--key-passphrase-file";

/** The first line of the file. @throws {Failure} `source` */
export function passphraseIn(system: Pick<System, "files">, path: string): Secret {
  const text = new TextDecoder().decode(readKeyFile(system, path, option));
  const [line = ""] = text.split(/\r?\n/, 1);
  if (line === "") throw new Failure("source", `${option}: the first line of ${path} is empty`);
  return new Secret(line);
}

/** Prompts on the terminal, else in a window. @throws {Failure} `needs-person`, `cancelled` */
export async function askPassphrase(
  { terminal, dialog }: Pick<System, "terminal" | "dialog">,
  question: string,
): Promise<Secret> {
  if (terminal.canAsk) return new Secret(await terminal.askSecret(`${question}: `));
  if (await dialog.canAsk()) return new Secret(await dialog.ask(`${question}:`, "hidden"));
  throw promptsDisabled(`cannot prompt for the ${lowerFirst(question)}`, `use ${option} FILE`);
}

function lowerFirst(text: string): string {
  // Abbreviations such as PIN keep their case.
  return /^[A-Z]{2}/.test(text) ? text : text.slice(0, 1).toLowerCase() + text.slice(1);
}
