/**
 * The Identity Center of a story: its variables, and the `sso` lines.
 *
 * @module
 */

import type { FakeAws } from "./fake_aws.ts";
import { vanityPath } from "./fake_aws/vanity.ts";
import { revokeSignIns, type Sso, type SsoPerson } from "./fake_aws/sso.ts";

/**
 * `$PORTAL` is the start URL, `$AT` the options for its endpoints, and `$SSO` both with the region,
 * for `add`.
 */
export function ssoVariables({ url, sso }: FakeAws): [string, string][] {
  const by = `--sso-endpoint-url ${url} --sso-oidc-endpoint-url ${url}`;
  const at = `--sso-region eu-west-1 ${by}`;
  return [
    ["PORTAL", sso.startUrl],
    ["BY", by],
    ["AT", at],
    ["SSO", `--sso-start-url ${sso.startUrl} ${at}`],
    ["VANITY", `${url}${vanityPath}`],
  ];
}

const people: readonly SsoPerson[] = ["yes", "no", "elsewhere", "away", "wrong-state", "broken"];

/** Executes an `sso` line. */
export function prepareSso(
  sso: Sso,
  [what, word]: readonly string[],
  option: (name: string) => string | undefined,
): void {
  const number = (name: string) => {
    const text = option(name);
    if (text !== undefined && !/^\d+$/.test(text)) throw new Error(`not a number: ${name}=${text}`);
    return text === undefined ? undefined : Number(text);
  };
  switch (what) {
    case "account": {
      const id = word ?? "";
      const account = {
        id,
        name: option("name")?.replaceAll("_", " ") ?? id,
        roles: option("roles")?.split(",") ?? [],
      };
      sso.accounts = [...sso.accounts.filter((each) => each.id !== id), account];
      return;
    }
    case "many":
      sso.accounts = Array.from({ length: number("accounts") ?? 0 }, (_, index) => ({
        id: String(100_000_000_000 + index),
        name: `account ${index}`,
        roles: ["Admin", "ReadOnly"],
      }));
      return;
    case "person": {
      const person = people.find((each) => each === word);
      if (!person) throw new Error(`no such person: ${word}`);
      sso.person = person;
      return;
    }
    case "tokens":
      if (word !== undefined && word !== "no-refresh") throw new Error(`unknown: ${word}`);
      sso.refreshes = word === undefined;
      sso.tokenLife = number("seconds") ?? sso.tokenLife;
      return;
    case "device":
      sso.deviceLife = number("seconds") ?? sso.deviceLife;
      sso.pendings = number("pendings") ?? 0;
      sso.slowDowns = number("slow-downs") ?? 0;
      return;
    case "start-url":
      sso.startUrl = word ?? "";
      return;
    case "vanity": {
      const head = option("head") !== "no";
      sso.vanity = { location: word ?? "", head };
      return;
    }
    case "revoke":
      return revokeSignIns(sso);
    default:
      throw new Error(`nothing is done for sso ${what}`);
  }
}
