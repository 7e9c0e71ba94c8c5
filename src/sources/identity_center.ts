import { exactly, flag, object, text } from "../model/decode.ts";
import { defined } from "../model/fields.ts";
import type { PortalTokens } from "../model/portal.ts";
import type { IdentityCenterSource } from "../model/profile.ts";
import type { SourceKind } from "./source.ts";

const checks = () => import("./portal_settings.ts");

export const identityCenter: SourceKind<IdentityCenterSource, PortalTokens> = {
  kind: "identity-center",
  help: "a role of an account in IAM Identity Center (AWS SSO)",
  options: [
    {
      name: "sso-start-url",
      value: "URL",
      help: "the access portal, such as https://example.awsapps.com/start",
    },
    {
      name: "sso-region",
      value: "R",
      help: "region of Identity Center, if the URL does not name it",
    },
    { name: "sso-account", value: "ID", help: "account ID" },
    { name: "sso-role", value: "NAME", help: "role (permission set)" },
    {
      name: "sso-device-code",
      help: "sign in with a code in any browser; default without a desktop",
    },
    { name: "sso-endpoint-url", value: "URL", help: "portal endpoint, such as a private one" },
    { name: "sso-oidc-endpoint-url", value: "URL", help: "sign-in (OIDC) endpoint" },
  ],
  chosenBy: ["sso-start-url"],
  awsSettings: ["sso_session", "sso_start_url"],
  questions: [
    {
      option: "sso-start-url",
      text: "Access portal (start URL)",
      check: async (answer) => (await checks()).parseStartUrl(answer, "the access portal"),
      implies: async (values, system) => (await checks()).withPlace(values, system),
    },
    {
      option: "sso-region",
      text: "Region of Identity Center",
      check: async (answer) => (await checks()).regionPartition(answer, "the region"),
    },
    {
      option: "sso-account",
      picked: true,
      text: "Account (12 digits)",
      check: async (answer) => (await checks()).checkAccountId(answer, "your input"),
    },
    {
      option: "sso-role",
      picked: true,
      text: "Role (permission set)",
      check: async (answer) => (await checks()).checkPortalRole(answer, "your input"),
    },
  ],

  pick: async (values, context) => {
    const { pickRole } = await import("./portal_pick.ts");
    const address = identityCenter.questions?.filter(({ picked }) => !picked) ?? [];
    return await pickRole(values, context, address);
  },

  settle: async (values, system) => {
    const { settleRole } = await checks();
    return await settleRole(values, system, identityCenter.questions ?? []);
  },

  decode: object<IdentityCenterSource>(
    {
      kind: exactly("identity-center"),
      startUrl: text,
      region: text,
      accountId: text,
      roleName: text,
    },
    { accountName: text, deviceCode: flag, portalEndpointUrl: text, oidcEndpointUrl: text },
  ),
  sample: () => ({
    kind: "identity-center",
    startUrl: "https://example.awsapps.com/start",
    region: "eu-west-1",
    accountId: "012345678901",
    accountName: "Example Production",
    roleName: "ReadOnly",
    deviceCode: true,
    portalEndpointUrl: "https://portal.sso.eu-west-1.amazonaws.com",
    oidcEndpointUrl: "https://oidc.eu-west-1.amazonaws.com",
  }),

  facts: (source) => ({
    lasting: false,
    lines: {
      "access portal": source.startUrl,
      "portal region": source.region,
      account: source.accountId,
      "account name": source.accountName,
      "portal role": source.roleName,
      "device code": source.deviceCode ? "always" : undefined,
      "portal endpoint": source.portalEndpointUrl,
      "portal sign-in endpoint": source.oidcEndpointUrl,
    },
    // An account may be renamed.
    deciding: defined({ ...source, accountName: undefined }),
    role: defined({
      account: source.accountId,
      accountName: source.accountName,
      name: source.roleName,
    }),
    region: source.region,
    portal: source,
    signIn: async (network) => {
      const { portalKey, portalOf } = await import("../model/portal.ts");
      const portal = portalOf(source, network);
      const title = `the sign-in at ${portal.startUrl}`;
      return { shelf: "portals", name: portalKey(portal), title };
    },
  }),

  prove: async (source, context, refused) =>
    await (await import("./portal_role.ts")).proveAtPortal(source, context, refused?.proof),
  exchange: async (source, context, tokens) =>
    await (await import("./portal_role.ts")).roleOfPortal(source, context, tokens),
};
