// Override: what a person changes in an arrangement that goes on, as calls of the API. Who is signed
// in signs; `by` counts with the node's own token only.

import { api, asked } from "@/api/client";

export interface Path {
  kind: string;
  key: string;
  arrangement_id: string;
}

const BY = "console";

export const leaveOut = (path: Path, leg: string) =>
  asked(
    api.POST("/v1/arrangements/{kind}/{key}/{arrangement_id}/leave-out", {
      params: { path },
      body: { by: BY, leg },
    }),
  );

export const choose = (path: Path, leg: string, service: string, offerId: string) =>
  asked(
    api.POST("/v1/arrangements/{kind}/{key}/{arrangement_id}/choose", {
      params: { path },
      body: { by: BY, leg, service, offer_id: offerId },
    }),
  );

export const takeOver = (path: Path, reason: string) =>
  asked(
    api.POST("/v1/arrangements/{kind}/{key}/{arrangement_id}/take-over", {
      params: { path },
      body: { by: BY, reason },
    }),
  );
