import type { ArrangementView } from "@/live/types";
import { useNow } from "@/parts/Age";
import { words } from "@/parts/arrangements";
import { Panel } from "@/parts/Panel";
import { Steps } from "@/parts/Steps";
import { TwinLink } from "@/parts/TwinLink";
import { span } from "@/parts/time";
import { messagesOf, waitsOf } from "./waiting";

/** What is waited for and until when, what is being given back, and what was said and told. */
export function Waits({ one }: { one: ArrangementView }) {
  const now = useNow();
  const waits = waitsOf(one.deadlines);
  const messages = messagesOf(one.steps);
  return (
    <Panel title="What it waits for" className="waits" aside={waits.length || undefined}>
      <ul>
        {waits.map(({ name, text, at }) => (
          <li key={name}>
            <span className="name">{text}</span>
            <span className="soft">{at > now ? `${span(at - now)} more` : "now"}</span>
          </li>
        ))}
        {one.returns.map((back) => (
          <li key={back.hold_id}>
            <span className="name">{words(back.leg)} is given back</span>
            <TwinLink id={back.service} />
          </li>
        ))}
      </ul>
      {waits.length + one.returns.length === 0 && <p className="soft">For nothing.</p>}
      <h3>Messages</h3>
      <Steps steps={messages} began={one.opened_at} />
      {messages.length === 0 && <p className="soft">Nobody was told anything yet.</p>}
    </Panel>
  );
}
