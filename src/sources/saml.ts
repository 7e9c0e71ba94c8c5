import { exactly, flag, list, object, oneOf, secret, text } from "../model/decode.ts";
import { defined } from "../model/fields.ts";
import type { SamlChoice, SamlSource } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { SamlProof } from "./saml_sign_in.ts";
import type { SourceKind } from "./source.ts";

export const saml: SourceKind<SamlSource, SamlProof> = {
  kind: "saml",
  help: "a SAML identity provider (Okta, Entra, Google, Ping, Keycloak, …)",
  options: [
    {
      name: "saml-url",
      value: "URL",
      help: "URL at the identity provider that starts the SAML sign-in to AWS",
    },
    {
      name: "saml-via",
      value: "HOW",
      choices: ["browser", "form", "command"],
      help: "with --saml-url: how to sign in (default: browser on a desktop, otherwise form)",
    },
    {
      name: "saml-command",
      value: "CMD",
      help: "command that prints the SAML response in base64, for any other provider",
    },
    { name: "saml-role", value: "ARN", help: "role to assume if the assertion offers several" },
    { name: "saml-user", value: "NAME", help: "user name at the identity provider" },
    {
      name: "saml-remember-password",
      help: "with --saml-via form: keep the password, encrypted, to renew without a prompt",
    },
  ],
  chosenBy: ["saml-url", "saml-command"],
  firstRole: "provider",

  questions: [
    {
      option: "saml-url",
      text: "URL of the AWS application at the identity provider",
      help: "copy the link of the AWS tile in the provider's portal",
      check: async (answer) => (await import("./saml_settings.ts")).checkSamlUrl(answer),
    },
  ],

  settle: async (values, system) => (await import("./saml_settings.ts")).settleSaml(values, system),

  decode: object<SamlSource>(
    { kind: exactly("saml"), via: oneOf(["browser", "form", "command"]) },
    {
      url: text,
      command: text,
      roleArn: text,
      user: text,
      rememberPassword: flag,
      password: secret,
      passwordOrigin: text,
      choices: list(object<SamlChoice>({ question: text, answer: text }, {})),
    },
  ),
  sample: () => ({
    kind: "saml",
    via: "form",
    url: "https://idp.example/sso",
    command: "print-assertion",
    roleArn: "arn:aws:iam::012345678901:role/saml",
    user: "ann",
    rememberPassword: true,
    password: new Secret("a-made-up-password"),
  }),

  facts: (source) => {
    const { kind, via, url, command, roleArn, user, password, choices } = source;
    return {
      lasting: false,
      lines: {
        "SAML by": via,
        "SAML address": url,
        "SAML command": command,
        "SAML role": roleArn,
        "SAML user": user,
        "SAML password": password ? "kept" : undefined,
        "SAML choices": choices?.map(({ answer }) => answer).join(", "),
      },
      shown: () => {
        const { password: _, passwordOrigin: __, choices: ___, ...rest } = source;
        const chosen = choices?.map(({ answer }) => answer);
        return { ...rest, ...defined({ choices: chosen }), passwordKept: password !== undefined };
      },
      // Neither a password nor choices on the pages affect whose session it is.
      deciding: named<Omit<SamlSource, OfPassword | "choices">>({
        kind,
        via,
        url,
        command,
        roleArn,
        user,
      }),
      learned: ["roleArn", "user"],
      role: defined({ arn: roleArn }),
      signIn: async () => {
        const { samlSignInName } = await import("./saml_name.ts");
        return { shelf: "assertions", name: samlSignInName(source) };
      },
      ...via === "browser" && {
        browser: async () => await (await import("./saml_name.ts")).browserProfileName(source),
      },
    };
  },

  // Load the parsers, cookies and browser only for a sign-in.
  prove: async (source, context, refused) =>
    await (await import("./saml_sign_in.ts")).proveBySaml(source, context, refused),
  exchange: async (source, context, proof) =>
    await (await import("./saml_sign_in.ts")).assumeBySaml(source, context, proof),
};

type OfPassword = `password${string}` | "rememberPassword";

/** Requires every setting by name, so that a new one does not compile until it is considered. */
function named<T>(all: { readonly [K in keyof Required<T>]: unknown }): object {
  return all;
}
