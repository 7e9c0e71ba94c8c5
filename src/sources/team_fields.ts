import { parsePrincipalArn } from "../model/arn.ts";
import { consolePrincipal } from "../model/console_sign_in.ts";
import { usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import type { Source } from "../model/profile.ts";
import { regionInStartUrl } from "../model/start_url.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import { checkGiven, endpointSettings, parseStartUrl } from "./portal_settings.ts";
import { settleAwsLogin } from "./aws_login_sign_in.ts";
import { sourceOf } from "./all_sources.ts";

/*
 * How a file of profiles for many people writes a source. A source without an entry cannot be in
 * such a file. What no entry names is not allowed there: a command would run the author's code, and
 * a file, a variable or a key would be read on the machine that imports it.
 */

export interface TeamFields<S extends Source = Source> {
  /** The options that a file may set. */
  readonly fields: readonly string[];
  /** The options for the settings, or why a file cannot have them: a clause after a colon. */
  readonly options: (source: S) => Readonly<Record<string, string | boolean | undefined>> | string;
  /** Without prompts and requests; default: the source's own `settle`. */
  readonly settle?: (values: Values) => S;
  /** Settings that a sign-in adds, or the person it belongs to; no file has the secret ones. */
  readonly learned?: readonly (keyof S)[];
  /** Those that no file has. */
  readonly private?: readonly (keyof S)[];
}

/** The one field that is no option of `athm aws add`, where the first sign-in finds it. */
export const identityField = "aws-login-identity";

const table: { readonly [K in Source["kind"]]?: TeamFields<Extract<Source, { kind: K }>> } = {
  saml: {
    fields: ["saml-url", "saml-via", "saml-role", "saml-user", "saml-remember-password"],
    options: ({ via, url, roleArn, user, rememberPassword }) =>
      via === "command" ? "it signs in with a command" : {
        "saml-url": url,
        "saml-via": via,
        "saml-role": roleArn,
        "saml-user": user,
        "saml-remember-password": rememberPassword,
      },
    learned: ["roleArn", "user", "password", "passwordOrigin", "choices"],
    private: ["password", "passwordOrigin", "choices"],
  },
  "identity-center": {
    fields: [
      "sso-start-url",
      "sso-region",
      "sso-account",
      "sso-role",
      "sso-device-code",
      "sso-endpoint-url",
      "sso-oidc-endpoint-url",
    ],
    options: (source) => ({
      "sso-start-url": source.startUrl,
      "sso-region": source.region,
      "sso-account": source.accountId,
      "sso-role": source.roleName,
      "sso-device-code": source.deviceCode,
      "sso-endpoint-url": source.portalEndpointUrl,
      "sso-oidc-endpoint-url": source.oidcEndpointUrl,
    }),
    settle: (values) => {
      checkGiven(values);
      const startUrl = parseStartUrl(values.text("sso-start-url") ?? "");
      const all = (region = regionInStartUrl(startUrl)) =>
        region === undefined ? values : values.with("sso-region", region);
      const found = all(values.text("sso-region"));
      const [region, accountId, roleName] = ["sso-region", "sso-account", "sso-role"].map(
        (name) => {
          const text = found.text(name);
          if (text === undefined) throw usage(`--sso-start-url requires --${name}`);
          return text;
        },
      );
      const place = { startUrl, region: region!, accountId: accountId!, roleName: roleName! };
      return { kind: "identity-center", ...place, ...endpointSettings(values) };
    },
    learned: ["accountName"],
    private: ["accountName"],
  },
  "aws-login": {
    fields: ["aws-login", identityField, "remote", "aws-login-endpoint-url"],
    options: ({ principal, remote, endpointUrl }) => ({
      "aws-login": true,
      [identityField]: principal,
      remote,
      "aws-login-endpoint-url": endpointUrl,
    }),
    settle: (values) => {
      const arn = values.text(identityField);
      // An identity is kept without the name of a role's session.
      const whole = arn?.replace(/(:assumed-role\/[^/]+)$/, "$1/session");
      if (whole !== undefined) parsePrincipalArn(whole, `--${identityField}`);
      const { kind, ...rest } = settleAwsLogin(values);
      return { kind, ...defined({ principal: arn && consolePrincipal(arn) }), ...rest };
    },
    learned: ["principal"],
  },
  "web-identity": {
    fields: ["web-identity", "audience"],
    options: ({ from, audience }) => foreign(from) ?? { "web-identity": from, audience },
  },
  ambient: {
    fields: ["ambient", "aws-profile"],
    options: ({ awsProfile }) => ({ ambient: true, "aws-profile": awsProfile }),
  },
  profile: { fields: ["from"], options: ({ from }) => ({ from }) },
};

/** A token from a file or variable of another's choice would go to an endpoint of their choice. */
function foreign(place: string): string | undefined {
  const [kind] = /^(?:file|env|command)(?=:)/.exec(place) ?? [];
  if (kind === undefined) return undefined;
  return kind === "command"
    ? "its identity token comes from a command"
    : `its identity token comes from a ${kind === "env" ? "variable" : "file"} of one machine`;
}

export function teamFieldsOf<S extends Source>(source: S): TeamFields<S> | undefined {
  return table[source.kind] as unknown as TeamFields<S> | undefined;
}

/** Every option of a source that a file may set. */
export const sourceFields: readonly string[] = Object.values(table).flatMap(({ fields }) => fields);

/** @throws {Failure} `usage` */
export async function settledByFile(
  kind: Source["kind"],
  values: Values,
  system: System,
): Promise<Source> {
  const settle = table[kind]?.settle;
  const source = settle
    ? settle(values)
    : await sourceOf({ kind } as Source).settle(values, system);
  const options = teamFieldsOf(source)?.options(source);
  if (typeof options === "object") return source;
  throw usage(`a file cannot have this source: ${options ?? "it holds a secret key"}`);
}

/** The settings without what a sign-in added for one person. */
export function withoutPrivate<S extends Source>(source: S): S {
  return without(source, teamFieldsOf(source)?.private);
}

/** `next` with what sign-ins added to `old`, if the two are otherwise the same source. */
export function withLearned(
  old: Source,
  next: Source,
  isSame: (a: Source, b: Source) => boolean,
): Source {
  const learned = teamFieldsOf(next)?.learned;
  if (!learned || !isSame(without(old, learned), without(next, learned))) return next;
  const kept = Object.entries(old).filter(([key]) => (learned as string[]).includes(key));
  return { ...Object.fromEntries(kept), ...next } as Source;
}

function without<S extends Source>(source: S, fields: readonly (keyof S)[] = []): S {
  const left = Object.entries(source).filter(([key]) => !(fields as string[]).includes(key));
  return Object.fromEntries(left) as unknown as S;
}
