import { Failure, promptsDisabled } from "../../model/failure.ts";
import { execCommand, hint } from "../../model/hint.ts";
import { Secret } from "../../model/secret.ts";
import type { System } from "../../system/system.ts";
import { readKeyFile } from "./certificate.ts";

const option = "--key-passphrase-file";

/** The first line of the file. @throws {Failure} `source` */
export function passphraseIn(system: Pick<System, "files">, path: string): Secret {
  const bytes = readKeyFile(system, path, option);
  const [line = ""] = (utf8In(bytes) ?? "\0").split(/\r?\n/, 1);
  // PowerShell writes UTF-16. Sent as it is, it would count as a wrong PIN.
  if (line.includes("\0")) {
    throw new Failure("source", `${option}: ${path} is not text in UTF-8`, "save it as UTF-8");
  }
  if (line === "") throw new Failure("source", `${option}: the first line of ${path} is empty`);
  return new Secret(line);
}

function utf8In(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Prompts on the terminal, else in a window. @throws {Failure} `needs-person`, `cancelled` */
export async function askPassphrase(
  { terminal, dialog }: Pick<System, "terminal" | "dialog">,
  question: string,
): Promise<Secret> {
  if (terminal.canAsk) return new Secret(await terminal.askSecret(`${question}: `));
  if (await dialog.canAsk()) return new Secret(await dialog.ask(`${question}:`, "hidden"));
  throw promptsDisabled(
    `cannot prompt for the ${lowerFirst(question)}`,
    hint`run ${execCommand} on a terminal, or add the profile with ${option} FILE`,
  );
}

function lowerFirst(text: string): string {
  // Abbreviations such as PIN keep their case.
  return /^[A-Z]{2}/.test(text) ? text : text.slice(0, 1).toLowerCase() + text.slice(1);
}
