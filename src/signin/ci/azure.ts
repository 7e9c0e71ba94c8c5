import { Failure } from "../../model/failure.ts";
import type { TokenFetcher } from "./token_request.ts";
import { askEndpoint, endpointIn } from "./endpoint.ts";

const permission = "map it in the step: env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }";

/**
 * The pipeline's token, with `sub` `p://ORGANIZATION/PROJECT/PIPELINE` and always the audience
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
  // Azure leaves an undefined macro unexpanded.
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
    // Without this header, Azure responds to a refusal with a sign-in page.
    headers: { "content-type": "application/json", "x-tfs-fedauthredirect": "Suppress" },
  });
};
