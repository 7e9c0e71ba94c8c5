import { Failure } from "../model/failure.ts";
import { listed } from "../model/listed.ts";
import { type Portal, portalCommand, portalOf } from "../model/portal.ts";
import { askQuestions, type Question } from "../line/question.ts";
import type { Values } from "../line/values.ts";
import { choose } from "../screen/choice.ts";
import { type Column, lineOf, tableLines } from "../screen/columns.ts";
import { printable } from "../screen/width.ts";
import { type Assignment, listAssignments } from "./portal_listing.ts";
import { withPlace } from "./portal_address.ts";
import { checkGiven, endpointSettings, requires } from "./portal_settings.ts";
import type { PickContext } from "./source.ts";

const picked = ["sso-account", "sso-role"] as const;

/**
 * Adds `--sso-account` and `--sso-role` from the portal's list: the only role that fits, or the one
 * that the person picks. Signs in first if there is no kept sign-in.
 *
 * @param questions the questions for the portal's URL and region
 * @throws {Failure} `needs-person` with the list, if several fit and prompts are disabled
 */
export async function pickRole(
  typed: Values,
  { suggested, network, ...context }: PickContext,
  questions: readonly Question[],
): Promise<Values> {
  if (picked.every((option) => typed.has(option))) return typed;
  checkGiven(typed);
  const endpoints = endpointSettings(typed);
  const { system } = context;
  const given = await withPlace(typed, system);
  const { canAsk } = system.terminal;
  const values = canAsk
    ? await askQuestions(questions, given, { system, suggested, profiles: [] })
    : given;
  const [startUrl, region] = [values.text("sso-start-url"), values.text("sso-region")];
  if (startUrl === undefined || region === undefined) return values;
  const portal = portalOf({ startUrl, region, ...endpoints }, network);
  const signing = { ...context, deviceCode: endpoints.deviceCode ?? false, hint: "" };
  const account = values.text("sso-account");
  const found = await listAssignments(signing, portal, account).catch((error) => {
    // Without a prompt there is no sign-in, so the options are required.
    if (!canAsk && error instanceof Failure && error.code === "needs-person") return undefined;
    throw error;
  });
  if (!found) return values;
  const role = values.text("sso-role");
  const fitting = found.filter((each) => role === undefined || each.role === role);
  const [only, ...others] = fitting;
  if (!only) throw offersNone(portal, account, role);
  if (!others.length) {
    const where = `${printable(only.accountName)} (${only.account})`;
    system.say(`athm: using the only role available: ${only.role} in ${where}`);
    return withRole(values, only);
  }
  if (!canAsk) throw severalFit(values, fitting);
  const start = picked.map((option) => suggested.get(option)).join("/");
  const name = await choose(
    system,
    "Account and role:",
    ({ columns: width }) => {
      const rows = fitting.map((each) => [each.accountName, each.account, each.role]);
      const [, ...lines] = tableLines(columns, rows, width - 3).map(lineOf);
      return fitting.map((each, at) => ({
        name: nameOf(each),
        line: lines[at] ?? "",
        search: rows[at]?.join(" ") ?? "",
      }));
    },
    start,
  );
  const chosen = fitting.find((each) => nameOf(each) === name);
  return chosen ? withRole(values, chosen) : values;
}

const columns: readonly Column[] = [
  { title: "ACCOUNT", least: 12 },
  { title: "ID" },
  { title: "ROLE", least: 12 },
];

function nameOf({ account, role }: Assignment): string {
  return `${account}/${role}`;
}

function withRole(values: Values, { account, role }: Assignment): Values {
  const full = values.has("sso-account") ? values : values.with("sso-account", account);
  return full.has("sso-role") ? full : full.with("sso-role", role);
}

function offersNone(
  portal: Portal,
  account: string | undefined,
  role: string | undefined,
): Failure {
  const what = role === undefined ? "no role" : `no role ${role}`;
  const where = account === undefined ? "" : ` in account ${account}`;
  return new Failure(
    "source",
    `the access portal ${portal.startUrl} offers you ${what}${where}`,
    account === undefined && role === undefined
      ? "ask an administrator of Identity Center to assign you a role"
      : `${portalCommand("sso ls", portal)} lists your roles`,
  );
}

function severalFit(values: Values, fitting: readonly Assignment[]): Failure {
  const missing = picked.filter((option) => !values.has(option));
  const ways = fitting.map(({ account, accountName, role }) => {
    const words = { "sso-account": account, "sso-role": role };
    const options = missing.map((option) => `--${option} ${words[option]}`).join(" ");
    return values.has("sso-account") ? options : `${options} (${printable(accountName)})`;
  });
  return requires(missing, `add one of: ${listed(ways)}`);
}
