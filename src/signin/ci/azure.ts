import { Failure } from "../../model/failure.ts";
import type { TokenFetcher } from "./token_request.ts";
import { askEndpoint, endpointIn } from "./endpoint.ts";

const permission = "map it in the step: env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }";

/**
 * The pipeline's own token, `sub` `p://ORGANIZATION/PROJECT/PIPELINE`; its audience is always
 * `api://AzureADTokenExchange`.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/distributedtask/oidctoken/create
 */
export const fromAzure: TokenFetcher = async (request) => {
  const { env } = request.system;
  const address = env.get("SYSTEM_OIDCREQUESTURI");
  const bearer = env.get("SYSTEM_ACCESSTOKEN");
  if (!address) {
    throw new Failure(
      "source",
      "SYSTEM_OIDCREQUESTURI is not set: not an Azure Pipelines job with identity tokens",
    );
  }
  // Azure leaves the macro as it stands where there is no such variable.
  if (!bearer || bearer.startsWith("$(")) {
    throw new Failure(
      "source",
      "SYSTEM_ACCESSTOKEN is not set in this step; Azure Pipelines requires it to issue an identity token",
      permission,
    );
  }
  const url = endpointIn(address, "SYSTEM_OIDCREQUESTURI");
  url.searchParams.set("api-version", "7.1-preview.1");
  return await askEndpoint(request, {
    method: "POST",
    url,
    bearer,
    field: "oidcToken",
    title: "Azure Pipelines",
    permission,
    // Without the second it answers a refusal with the page of a sign-in.
    headers: { "content-type": "application/json", "x-tfs-fedauthredirect": "Suppress" },
  });
};
