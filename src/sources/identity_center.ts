import type { IdentityCenterSource } from "../model/profile.ts";
import type { SourceKind } from "./source.ts";

/** Loaded when somebody is asked. */
const checks = () => import("./portal_settings.ts");

const group = "Source (one)";

/** A role at an access portal of IAM Identity Center. */
export const identityCenter: SourceKind<IdentityCenterSource> = {
  kind: "identity-center",
  help: "a role of an account in IAM Identity Center (AWS SSO)",
  options: [
    {
      group,
      name: "sso-start-url",
      value: "URL",
      help: "the access portal, such as https://example.awsapps.com/start",
    },
    { group, name: "sso-region", value: "R", help: "region of the Identity Center" },
    { group, name: "sso-account", value: "ID", help: "number of the account" },
    { group, name: "sso-role", value: "NAME", help: "role (permission set) in the account" },
    {
      group,
      name: "sso-device-code",
      help: "sign in with a code at any browser; without a desktop that is the default",
    },
    {
      group,
      name: "sso-endpoint-url",
      value: "URL",
      help: "another endpoint of the portal, such as a private one",
    },
    {
      group,
      name: "sso-oidc-endpoint-url",
      value: "URL",
      help: "another endpoint of its sign-in service",
    },
  ],
  chosenBy: ["sso-start-url"],
  questions: [
    {
      option: "sso-start-url",
      text: "Access portal (start URL)",
      check: async (answer) => (await checks()).parseStartUrl(answer, "the access portal"),
    },
    {
      option: "sso-region",
      text: "Region of the Identity Center",
      check: async (answer) => (await checks()).regionPartition(answer, "the region"),
    },
    {
      option: "sso-account",
      text: "Account (12 digits)",
      check: async (answer) => (await checks()).checkAccountId(answer, "what you typed"),
    },
    {
      option: "sso-role",
      text: "Role (permission set)",
      check: async (answer) => (await checks()).checkPortalRole(answer, "what you typed"),
    },
  ],

  settle: async (values, system) => {
    const { settleRole } = await checks();
    return await settleRole(values, system, identityCenter.questions ?? []);
  },

  obtain: async (source, context) => {
    const { obtainRole } = await import("./portal_role.ts");
    return await obtainRole(source, context);
  },
};
