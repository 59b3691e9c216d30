// Events: reads the text of a stream of server-sent events, however its pieces are cut.

export interface ServerEvent {
  name: string;
  data: string;
  /** Where to go on from; undefined: as before. */
  id?: string;
}

export class EventReader {
  private rest = "";

  /** The events that are whole after this piece. */
  read(piece: string): ServerEvent[] {
    this.rest += piece;
    const found: ServerEvent[] = [];
    for (;;) {
      const end = /\r?\n\r?\n/.exec(this.rest);
      if (end === null) return found;
      const event = parse(this.rest.slice(0, end.index));
      this.rest = this.rest.slice(end.index + end[0].length);
      if (event !== null) found.push(event);
    }
  }
}

function parse(block: string): ServerEvent | null {
  const event: ServerEvent = { name: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon === 0) continue; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event.name = value;
    else if (field === "data") data.push(value);
    else if (field === "id") event.id = value;
  }
  if (data.length === 0) return null;
  event.data = data.join("\n");
  return event;
}
