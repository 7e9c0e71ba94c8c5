import { type Failure, usage } from "../model/failure.ts";
import { suggestion } from "../model/names.ts";
import { type Command, type Entry, globalOptions } from "./command.ts";

/** What other tools call an option; the first one that the command has is meant. */
export const otherOptions: Readonly<Record<string, readonly string[]>> = {
  account: ["sso-account"],
  "assume-role": ["role-arn"],
  "assume-role-ttl": ["duration", "min-ttl"],
  "duration-seconds": ["duration"],
  endpoint: ["endpoint-url"],
  expiration: ["duration"],
  "force-refresh": ["rotate"],
  format: ["json"],
  mfa: ["mfa-serial"],
  "mfa-token": ["mfa-code"],
  otp: ["mfa-code"],
  output: ["json", "format"],
  refresh: ["rotate"],
  renew: ["rotate"],
  role: ["role-arn", "sso-role"],
  "role-name": ["sso-role"],
  "role-session-name": ["session-name"],
  "serial-number": ["mfa-serial"],
  "session-duration": ["duration"],
  "source-profile": ["from"],
  "start-url": ["sso-start-url"],
  "token-code": ["mfa-code"],
  ttl: ["duration", "min-ttl"],
  url: ["saml-url", "endpoint-url"],
  username: ["saml-user"],
};

/** What other tools call a command. */
export const otherCommands: Readonly<Record<string, string>> = {
  add: "aws add",
  assume: "aws exec",
  clear: "aws rm",
  console: "aws login",
  create: "aws add",
  credentials: "aws export",
  del: "aws rm",
  delete: "aws rm",
  env: "aws export",
  get: "aws show",
  init: "aws add",
  list: "aws ls",
  move: "aws mv",
  new: "aws add",
  open: "aws login",
  refresh: "aws exec",
  remove: "aws rm",
  rename: "aws mv",
  rotate: "aws rotate-key",
  run: "aws exec",
  shell: "aws exec",
  upgrade: "update",
  web: "aws login",
  who: "aws whoami",
};

/** The error for an unknown command, with the command that is meant. */
export function unknownCommand(path: readonly string[], entries: readonly Entry[]): Failure {
  const group = path.slice(0, -1);
  const word = path.at(-1) ?? "";
  const typed = ["athm", ...path].join(" ");
  const isIn = ({ path: own }: Entry) => group.every((each, at) => own[at] === each);
  if (/^(aws )?sso (login|signin)$/.test(path.join(" "))) {
    return usage(
      `unknown command ${JSON.stringify(typed)}: athm signs in when a session is needed`,
      "run athm aws add NAME --sso-start-url URL, or athm aws exec NAME for an existing profile",
    );
  }
  const named = Object.hasOwn(otherCommands, word) ? otherCommands[word] : undefined;
  const other = entries.some((each) => each.path.join(" ") === named) ? named : undefined;
  // People who only use athm for AWS type `athm exec`.
  const nested = entries.find((each) => each.path.at(-1) === word)?.path.join(" ");
  // Within another group, only a word of that group can be meant.
  const isAbove = group.length === 0 || group.join(" ") === "aws";
  const meant = isAbove ? other ?? nested : undefined;
  const known = entries.filter(isIn).map((each) => each.path[group.length] ?? "");
  return usage(
    `unknown command ${JSON.stringify(typed)}` +
      (meant ? ` (did you mean "athm ${meant}"?)` : suggestion(word, known)),
    `${["athm", ...group].join(" ")} --help lists the commands`,
  );
}

/** The error for an unknown option, with the option that is meant. */
export function unknownOption(
  raw: string,
  path: readonly string[],
  command: Command | undefined,
): Failure {
  const name = raw.replace(/^-+/, "");
  const known = [...globalOptions, ...command?.options ?? []].map((each) => each.name);
  const typed = ["athm", ...path].join(" ");
  if (/secret|password|passphrase|token|access-key/i.test(raw) && name !== "token-code") {
    return usage(
      `unknown option ${raw}${dashed(suggestion(name, known))}`,
      "secrets on the command line are visible to others: use --stdin or --from-env",
    );
  }
  if (/^(aws-)?profile$/.test(name) && command && command.count[1] > 0) {
    return usage(
      `unknown option ${raw}: the profile is named without an option`,
      `use ${typed} NAME`,
    );
  }
  const others = Object.hasOwn(otherOptions, name) ? otherOptions[name] ?? [] : [];
  const meant = others.find((each) => known.includes(each)) ?? begun(name, known);
  const said = meant === undefined ? suggestion(name, known) : ` (did you mean "${meant}"?)`;
  return usage(`unknown option ${raw}${dashed(said)}`, `${typed} --help lists the options`);
}

/** The only option that an abbreviation may stand for. */
function begun(name: string, known: readonly string[]): string | undefined {
  const found = name.length > 1 ? known.filter((each) => each.startsWith(name)) : [];
  return found.length === 1 ? found[0] : undefined;
}

function dashed(text: string): string {
  return text.replace('"', '"--');
}
