import { Component, type ReactNode } from "react";
import { useLocation } from "wouter";
import { Refused } from "@/api/client";

/** What went wrong, in words: the API's own where it has some. */
export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const problem = error instanceof Refused ? error.problem : null;
  const text =
    problem?.detail ??
    (error instanceof TypeError ? "The server cannot be reached." : String(error));
  return (
    <div className="refused" role="alert">
      {text}
      {problem?.instance && <div className="soft">{problem.instance}</div>}
      {again !== undefined && (
        <div>
          <button type="button" className="button small" onClick={again}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}

/** Catches what a view throws; another view begins anew. */
export function Failures({ children }: { children: ReactNode }) {
  const [place] = useLocation();
  return <Catch key={place}>{children}</Catch>;
}

class Catch extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <Failed error={this.state.error} again={() => this.setState({ error: null })} />;
  }
}
