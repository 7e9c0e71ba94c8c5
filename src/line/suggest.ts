import { type Failure, usage } from "../model/failure.ts";
import { nearest } from "../model/names.ts";
import { type Command, type Entry, globalOptions } from "./command.ts";

/** What other tools call an option; the first one that the command has is meant. */
export const otherOptions: Readonly<Record<string, readonly string[]>> = {
  account: ["sso-account"],
  "account-id": ["sso-account"],
  arn: ["role-arn"],
  "assume-role": ["role-arn"],
  "assume-role-ttl": ["duration", "min-ttl"],
  browser: ["in"],
  "browser-profile": ["in"],
  d: ["duration"],
  "duration-seconds": ["duration"],
  "ec2-server": ["server"],
  "ecs-server": ["server"],
  endpoint: ["endpoint-url"],
  expiration: ["duration"],
  f: ["force", "format"],
  "force-refresh": ["rotate"],
  format: ["json"],
  j: ["json"],
  json: ["format"],
  link: ["print"],
  mfa: ["mfa-serial"],
  "mfa-token": ["mfa-code"],
  o: ["json", "format"],
  otp: ["mfa-code"],
  output: ["json", "format"],
  r: ["region"],
  refresh: ["rotate"],
  renew: ["rotate"],
  role: ["role-arn", "sso-role"],
  "role-name": ["sso-role"],
  "role-session-name": ["session-name"],
  "serial-number": ["mfa-serial"],
  "session-duration": ["duration"],
  shell: ["format"],
  "source-profile": ["from"],
  "sso-url": ["sso-start-url"],
  "start-url": ["sso-start-url"],
  stdout: ["print"],
  t: ["mfa-code"],
  "token-code": ["mfa-code"],
  ttl: ["duration", "min-ttl"],
  url: ["saml-url", "endpoint-url"],
  username: ["saml-user"],
  v: ["version"],
  verbose: ["debug"],
  y: ["yes"],
};

/** What other tools call a command. */
export const otherCommands: Readonly<Record<string, string>> = {
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
  if (/^(aws )?sso (login|signin)$/.test(path.join(" "))) {
    return usage(
      `unknown command ${JSON.stringify(typed)}: athm signs in when a session is needed`,
      "run athm aws add NAME --sso-start-url URL, or athm aws exec NAME for an existing profile",
    );
  }
  const meant = meantCommands(word, group, entries).map((each) => `athm ${each}`);
  return usage(
    `unknown command ${JSON.stringify(typed)}${didYouMean(meant)}`,
    `${["athm", ...group].join(" ")} --help lists the commands`,
  );
}

/** Commands and groups that a word in `group` may mean. */
function meantCommands(
  word: string,
  group: readonly string[],
  entries: readonly Entry[],
): readonly string[] {
  const below = (head: readonly string[]) =>
    entries.filter(({ path }) => head.every((each, at) => path[at] === each))
      .map(({ path }) => path.slice(0, head.length + 1).join(" "));
  const last = (path: string) => path.split(" ").at(-1) ?? "";
  const other = Object.hasOwn(otherCommands, word) ? otherCommands[word] : undefined;
  // Within another group, only a word of that group can be meant.
  const isAbove = group.length === 0 || group.join(" ") === "aws";
  if (!isAbove && other !== undefined) {
    const own = [...group, last(other)].join(" ");
    if (isKnown(own, entries)) return [own];
  }
  const paths = entries.map(({ path }) => path.join(" "));
  if (isAbove) {
    const nested = paths.find((path) => path === word || path.endsWith(` ${word}`)) ??
      entries.find(({ path }) => path[0] === word)?.path[0];
    const found = [other, nested].find((each) => each !== undefined && isKnown(each, entries));
    if (found !== undefined) return [found];
  }
  const above = isAbove ? [...below([]), "help", "version", ...below(["aws"])] : [];
  const reached = [...below(group), ...above];
  const meant = meantWords(word, [...new Set(reached.map(last))])
    .flatMap((each) => reached.find((path) => last(path) === each) ?? []);
  if (meant.length || !isAbove) return meant;
  const far = misspeltKey(word, otherCommands);
  return far !== undefined && isKnown(far, entries) ? [far] : [];
}

function isKnown(words: string, entries: readonly Entry[]): boolean {
  return entries.some(({ path }) => `${path.join(" ")} `.startsWith(`${words} `));
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
  const ofCommand = (names: readonly string[] = []) => names.find((each) => known.includes(each));
  const other = ofCommand(Object.hasOwn(otherOptions, name) ? otherOptions[name] : undefined);
  const likely = other === undefined ? meantWords(name, known) : [other];
  const far = likely.length ? undefined : ofCommand(misspeltKey(name, otherOptions));
  const meant = far === undefined ? likely : [far];
  const message = `unknown option ${raw}${didYouMean(meant.map((each) => `--${each}`))}`;
  if (/secret|password|passphrase|token|access-key/i.test(raw) && other === undefined) {
    return usage(
      message,
      "secrets on the command line are visible to others: use --stdin or --from-env",
    );
  }
  if (/^(p|(aws-)?profile)$/.test(name) && command && command.count[1] > 0) {
    return usage(
      `unknown option ${raw}: the profile is named without an option`,
      `use ${typed} NAME`,
    );
  }
  return usage(message, `${typed} --help lists the options`);
}

/** The most words that one message suggests. */
const most = 3;

/** The known words that an abbreviated, incomplete or mistyped one may mean; the likeliest first. */
function meantWords(word: string, known: readonly string[]): readonly string[] {
  if (word.length < 2) return [];
  const ways: readonly (() => readonly string[])[] = [
    () => known.filter((each) => each.startsWith(word)), // --sso
    () => known.filter((each) => `-${each}-`.includes(`-${word}-`)), // --arn
    () => misspelt(word, known), // --regoin, --sesion
    () => known.filter((each) => word.startsWith(`${each}-`)), // --sso-role-name
  ];
  for (const way of ways) {
    const found = way();
    if (found.length) return found.slice(0, most);
  }
  return [];
}

/** The closest whole word, or those with the closest beginning. */
function misspelt(word: string, known: readonly string[]): readonly string[] {
  const lengths = word.length < 4 ? [] : [word.length - 1, word.length, word.length + 1];
  const beginnings = known.flatMap((each) => lengths.map((length) => each.slice(0, length)));
  const close = nearest(word, [...known, ...beginnings]);
  if (close === undefined) return [];
  return known.includes(close) ? [close] : known.filter((each) => each.startsWith(close));
}

/** What a misspelt word of another tool means. */
function misspeltKey<T>(word: string, table: Readonly<Record<string, T>>): T | undefined {
  const close = nearest(word, Object.keys(table).filter((each) => each.length >= 4));
  return close === undefined ? undefined : table[close];
}

function didYouMean(words: readonly string[]): string {
  if (!words.length) return "";
  const quoted = words.map((each) => JSON.stringify(each));
  const last = quoted.pop();
  return ` (did you mean ${quoted.length ? `${quoted.join(", ")} or ` : ""}${last}?)`;
}
