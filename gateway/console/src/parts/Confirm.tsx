import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Failed } from "./Failures";

interface Given {
  title: string;
  /** On the button that does it. */
  verb: string;
  /** What it comes to. */
  children: ReactNode;
  /** Whether a reason is asked for. */
  asks?: boolean;
  /** Does it; what it throws is shown, and the dialog stays. */
  act: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks once more before something is done, and for the reason; Escape and "No" do nothing. */
export function Confirm({ title, verb, children, asks = true, act, onClose }: Given) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const doing = useMutation({ mutationFn: () => act(reason.trim()), onSuccess: onClose });
  useEffect(() => dialog.current?.showModal(), []);
  function send(event: FormEvent) {
    event.preventDefault();
    doing.mutate();
  }
  return (
    <dialog ref={dialog} className="dialog confirm" aria-labelledby={id} onClose={onClose}>
      <form onSubmit={send}>
        <h2 id={id}>{title}</h2>
        {children}
        {asks && (
          <label>
            Why
            <input
              className="input"
              maxLength={2000}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
        )}
        {doing.isError && <Failed error={doing.error} />}
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            No
          </button>
          <button type="submit" className="button chief" disabled={doing.isPending}>
            {verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
