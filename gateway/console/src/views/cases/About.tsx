import { useQuery } from "@tanstack/react-query";
import { api, asked } from "@/api/client";
import { KEYS } from "@/app/queries";
import { Age } from "@/parts/Age";
import { Failed } from "@/parts/Failures";
import { measured, money } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { TwinLink } from "@/parts/TwinLink";
import { split } from "@/parts/twins";
import { channelsOf, contactsOf, readingsOf, textOf } from "./about";

const LOOK_MS = 5000;

export function useTwin(id: string) {
  const path = split(id) ?? { kind: "", key: "" };
  return useQuery({
    queryKey: KEYS.twin(id),
    queryFn: ({ signal }) => asked(api.GET("/v1/twins/{kind}/{key}", { params: { path }, signal })),
    refetchInterval: LOOK_MS,
  });
}

/** Whose case it is: how she is spoken to, what she is worth, what she was told last. */
export function CustomerPanel({ id }: { id: string }) {
  const found = useTwin(id);
  const state = found.data?.state ?? {};
  const value = state.lifetime_value_cents;
  const contacts = contactsOf(state);
  return (
    <Panel
      title={textOf(state.name) ?? "Customer"}
      className="customer"
      aside={<TwinLink id={id} />}
    >
      {found.isError && <Failed error={found.error} />}
      <dl className="pairs">
        <dt>language</dt>
        <dd>{textOf(state.language) ?? "en"}</dd>
        {typeof value === "number" && (
          <>
            <dt>worth</dt>
            <dd>
              {money(value, textOf(state.currency) ?? "EUR")}
              {textOf(state.tier) !== null && `, ${textOf(state.tier)}`}
            </dd>
          </>
        )}
        {channelsOf(state).map(({ channel, address }) => (
          <Pair key={`${channel} ${address}`} name={channel} value={address} />
        ))}
      </dl>
      {contacts.length > 0 && (
        <ol className="contacts" aria-label="Told and said lately">
          {contacts.map((contact) => (
            <li key={`${contact.at} ${contact.what}`}>
              <Age at={contact.at} /> {contact.what.replaceAll(/[._]/g, " ")}
              {contact.by !== null && <span className="soft"> by {contact.by}</span>}
              {contact.detail !== null && <span className="soft">: {contact.detail}</span>}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

/** What it is about: the device, and what it measured last. */
export function DevicePanel({ id }: { id: string }) {
  const found = useTwin(id);
  const state = found.data?.state ?? {};
  return (
    <Panel
      title={textOf(state.description) ?? "Device"}
      className="device"
      aside={<TwinLink id={id} />}
    >
      {found.isError && <Failed error={found.error} />}
      <dl className="pairs">
        {readingsOf(state).map(({ name, value }) => (
          <Pair
            key={name}
            name={name.replaceAll("_", " ")}
            value={typeof value === "number" ? measured(value) : value}
          />
        ))}
      </dl>
      {typeof state.stamp === "number" && (
        <p className="soft">
          heard <Age at={state.stamp} />
        </p>
      )}
    </Panel>
  );
}
