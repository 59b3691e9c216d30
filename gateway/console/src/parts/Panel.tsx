import { type ReactNode, useId } from "react";

interface Given {
  title: string;
  /** At the right of the title. */
  aside?: ReactNode;
  /** Without room around what is inside. */
  bare?: boolean;
  className?: string;
  children: ReactNode;
}

/** A part of a view, with its name. */
export function Panel({ title, aside, bare = false, className = "", children }: Given) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="aside">{aside}</div>}
      </header>
      <div className={bare ? "body bare" : "body"}>{children}</div>
    </section>
  );
}
