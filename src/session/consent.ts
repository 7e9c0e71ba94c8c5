import { defined } from "../model/fields.ts";
import { type Failure, promptsDisabled } from "../model/failure.ts";
import type { AuditEvent, System } from "../system/system.ts";

/** The error if athm cannot prompt. */
export interface Required {
  readonly what: string;
  readonly hint: string;
}

export async function refuseUnattended(
  { terminal, dialog }: System,
  { what, hint }: Required,
): Promise<void> {
  if (!terminal.canAsk && !await dialog.canAsk()) throw promptsDisabled(what, hint);
}

/** A question for yes or no. */
export interface Consent {
  readonly about: string;
  readonly rows: Readonly<Record<string, string | undefined>>;
  /** What a yes allows besides. */
  readonly scope: string | undefined;
  readonly required: Required;
  readonly refusal: Failure;
  readonly events: readonly Omit<AuditEvent, "event">[];
}

/** On the terminal, else in a window. Logs a yes, and everything else that ends the question. */
export async function askForConsent(system: System, question: Consent): Promise<void> {
  const { terminal, dialog } = system;
  await refuseUnattended(system, question.required);
  const log = (event: "confirm" | "deny") =>
    system.audit(...question.events.map((each) => ({ ...each, event })));
  let allowed = false;
  try {
    allowed = terminal.canAsk
      ? await onTerminal(system, question)
      : await dialog.allows(windowText(question));
  } finally {
    await log(allowed ? "confirm" : "deny");
  }
  if (!allowed) throw question.refusal;
}

async function onTerminal({ terminal }: System, question: Consent): Promise<boolean> {
  const { about, rows, scope } = question;
  const given = Object.entries(defined(rows));
  const width = Math.max(...given.map(([label]) => label.length));
  const lines = given.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  // Also if stderr is captured, as by an SDK.
  await terminal.tell([`athm: ${about}`, ...lines].join("\n"));
  const allow = scope === undefined ? "Allow it?" : `Allow it, ${scope}?`;
  // Reading keys, Ctrl-C is an answer that can be logged.
  const answer = await terminal.ask(`${allow} [y/N] `, { shows: () => true });
  return /^y(es)?$/i.test(answer.trim());
}

function windowText({ about, rows, scope }: Consent): string {
  const lines = Object.entries(defined(rows)).map(([label, value]) => `${label}: ${value}`);
  const allow = scope === undefined ? [] : ["", `Allow also means: ${scope.replace(/^and /, "")}.`];
  return [`${about[0]?.toUpperCase()}${about.slice(1)}.`, "", ...lines, ...allow].join("\n");
}
