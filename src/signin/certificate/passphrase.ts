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

/** A wrong passphrase may be asked for again. */
const mostTries = 3;

/**
 * What `open` returns for a passphrase; nothing means that it is wrong.
 *
 * @param what is opened, for the error
 * @param passphrase asks for one. The argument is the number of the try, from 1; nothing ends the
 * tries
 * @throws {Failure} `source`, and what the functions throw
 */
export async function withPassphrase<T>(
  what: string,
  passphrase: (attempt: number) => Promise<Secret | undefined>,
  open: (passphrase: string) => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    const words = await passphrase(attempt);
    if (words === undefined) break;
    const opened = await open(words.reveal());
    if (opened !== undefined) return opened;
  }
  throw new Failure(
    "source",
    `the passphrase does not open ${what}`,
    `try again with the right one, or correct it in the file of ${option}`,
  );
}

/**
 * The passphrase of a file for `withPassphrase`: from `passphraseFile` once, or from the person.
 *
 * @throws {Failure} `source`, `needs-person`, `cancelled`
 */
export function passphraseOf(
  path: string,
  passphraseFile: string | undefined,
  system: System,
): (attempt: number) => Promise<Secret | undefined> {
  return async (attempt) => {
    if (passphraseFile !== undefined) {
      return attempt === 1 ? passphraseIn(system, passphraseFile) : undefined;
    }
    // A window cannot say why it opens again.
    if (attempt > 1 && !system.terminal.canAsk) return undefined;
    if (attempt > 1) await system.terminal.tell("athm: the passphrase is wrong");
    return await askPassphrase(system, `Passphrase of ${path}`);
  };
}

/**
 * Prompts on the terminal, else in a window.
 *
 * @param warning to read before answering
 * @throws {Failure} `needs-person`, `cancelled`
 */
export async function askPassphrase(
  { terminal, dialog }: Pick<System, "terminal" | "dialog">,
  question: string,
  warning = "",
): Promise<Secret> {
  if (terminal.canAsk) {
    if (warning) await terminal.tell(`athm: warning: ${warning}`);
    return new Secret(await terminal.askSecret(`${question}: `));
  }
  if (await dialog.canAsk()) {
    const whole = warning ? `${question} (${warning})` : question;
    return new Secret(await dialog.ask(`${whole}:`, "hidden"));
  }
  throw promptsDisabled(
    `cannot prompt for the ${lowerFirst(question)}`,
    hint`run ${execCommand} on a terminal, or add the profile with ${option} FILE`,
  );
}

function lowerFirst(text: string): string {
  // Abbreviations such as PIN keep their case.
  return /^[A-Z]{2}/.test(text) ? text : text.slice(0, 1).toLowerCase() + text.slice(1);
}
