import { Failure, promptsDisabled } from "../model/failure.ts";
import { checkTokenCode } from "../model/limits.ts";
import type { System } from "../system/system.ts";

export interface Mfa {
  readonly mfaSerial: string;
  readonly mfaCode: string;
}

export interface CodeWanted {
  readonly system: Pick<System, "terminal" | "dialog" | "say" | "now" | "sleep">;
  readonly serial: string;
  /** The code, if given with the command. */
  readonly given?: string | undefined;
  readonly command?: string | undefined;
  readonly ask: (commandLine: string, title: string) => Promise<string>;
  /** When a code of this device was last accepted, in milliseconds since 1970, if known. */
  readonly lastUsed?: number | undefined;
}

const mostTries = 3;
/** Milliseconds: a code's own step and the next, in which AWS still accepts it (RFC 6238). */
const codeLife = 60_000;
/** Milliseconds per code, counted from 1970 (RFC 6238, sections 4.1 and 5.2). */
const codeStep = 30_000;
/** Milliseconds by which a command's clock may lag. */
const stepMargin = 500;

/**
 * Up to twice more with another code if AWS rejects it, but once for a code given with the command.
 * @throws {Failure} `needs-person`, `source`, `mfa-code` if none was accepted, `cancelled`
 */
export async function withMfaCode<T>(
  wanted: CodeWanted,
  send: (factor: Mfa) => Promise<T>,
): Promise<T> {
  const { system, serial, given } = wanted;
  const tried = new Set<string>();
  let reason: string | undefined;
  for (let tries = 1;; tries++) {
    try {
      const mfaCode = given ?? await nextCode(wanted, reason, tried);
      tried.add(mfaCode);
      return await send({ mfaSerial: serial, mfaCode }).catch((error) => {
        throw worded(wanted, error);
      });
    } catch (error) {
      const wrong = error instanceof Failure && error.code === "mfa-code";
      if (!wrong || given !== undefined || tries === mostTries) throw error;
      reason = error.message;
      const said = `athm: ${reason}${error.hint ? `: ${error.hint}` : ""}`;
      // Print it where the prompt appears, even if stderr is captured.
      if (wanted.command === undefined && system.terminal.canAsk) await system.terminal.tell(said);
      else system.say(said);
    }
  }
}

/** A used code is not sent again. */
function usedUp(): Failure {
  return new Failure(
    "mfa-code",
    "this MFA code was just used, and each code works once",
    "wait for the next one",
  );
}

/** AWS does not distinguish wrong codes from used ones; athm may know. */
function worded({ lastUsed, system }: CodeWanted, error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== "mfa-code" || lastUsed === undefined) {
    return error;
  }
  const since = system.now() - lastUsed;
  if (since < 0 || since > codeLife) return error;
  return new Failure(
    "mfa-code",
    `the MFA code is wrong, or is the one used ${Math.round(since / 1000)} s ago`,
    "each code works once: wait for the next one",
    { cause: error },
  );
}

async function nextCode(
  { system, serial, command, ask }: CodeWanted,
  reason: string | undefined,
  tried: ReadonlySet<string>,
): Promise<string> {
  if (command !== undefined) {
    return await untriedOfCommand(system, () => ask(command, "--mfa-command"), tried);
  }
  const code = codeIn(await fromPerson(system, serial, reason));
  if (tried.has(code)) throw usedUp();
  return code;
}

function codeIn(typed: string): string {
  try {
    // Authenticators display codes in two groups.
    return checkTokenCode(typed.replaceAll(/\s/g, ""));
  } catch (error) {
    // A typing mistake is not a usage error.
    throw error instanceof Failure ? new Failure("mfa-code", error.message) : error;
  }
}

/** The command's code; if already tried, its code of the device's next step. */
async function untriedOfCommand(
  system: CodeWanted["system"],
  print: () => Promise<string>,
  tried: ReadonlySet<string>,
): Promise<string> {
  const code = fromCommand(await print());
  if (!tried.has(code)) return code;
  const wait = codeStep - system.now() % codeStep + stepMargin;
  system.say(`athm: waiting ${Math.ceil(wait / 1000)} s for the next code of --mfa-command`);
  await system.sleep(wait);
  const next = fromCommand(await print());
  if (!tried.has(next)) return next;
  throw new Failure(
    "source",
    "AWS rejected the MFA code from --mfa-command, and 30 s later it printed the same code",
    "run it manually and compare its output with the device",
  );
}

function fromCommand(printed: string): string {
  try {
    return checkTokenCode(printed.trim());
  } catch (cause) {
    throw new Failure(
      "source",
      "--mfa-command did not print an MFA code of exactly 6 digits",
      "run it manually to see its output",
      { cause },
    );
  }
}

/** Prompts on the terminal, else in a window. */
async function fromPerson(
  { terminal, dialog }: CodeWanted["system"],
  serial: string,
  reason: string | undefined,
): Promise<string> {
  if (terminal.canAsk) return await terminal.ask(`MFA code for ${serial}: `);
  if (await dialog.canAsk()) {
    return await dialog.ask(`${reason === undefined ? "" : `${reason}\n`}MFA code for ${serial}:`);
  }
  throw promptsDisabled(
    `a code of the MFA device ${serial} is required`,
    "run athm once on a terminal to keep a session, or use --mfa-code or --mfa-command",
  );
}
