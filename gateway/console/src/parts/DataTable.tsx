import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";

const ROW_PX = 30;

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});

export interface Column<T> {
  id: string;
  title: string;
  cell: (row: T) => ReactNode;
  /** What it is sorted by; without it, it is not. */
  value?: (row: T) => string | number;
  /** Figures stand at the right. */
  right?: boolean;
}

interface Given<T extends object> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowId: (row: T) => string;
  /** At Enter, o, or a click. */
  onOpen?: (row: T) => void;
  /** When the last rows come into sight: to ask for more. */
  onEnd?: () => void;
  /** Said where there are no rows. */
  empty: ReactNode;
  sortedBy?: { id: string; desc: boolean };
}

/** A table of any length: j and k go through its rows, Enter opens one, a click on a head sorts. */
export function DataTable<T extends object>(given: Given<T>) {
  const { label, rows, columns, rowId, onOpen, onEnd, empty } = given;
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const [sorting, setSorting] = useState<SortingState>(given.sortedBy ? [given.sortedBy] : []);
  const defs = useMemo(
    () =>
      columns.map(
        (column): ColumnDef<typeof features, T> => ({
          id: column.id,
          accessorFn: (row) => column.value?.(row) ?? null,
          enableSorting: column.value !== undefined,
          sortFn: "alphanumeric",
        }),
      ),
    [columns],
  );
  const table = useTable({
    features,
    columns: defs,
    data: rows as T[],
    getRowId: rowId,
    state: { sorting },
    onSortingChange: setSorting,
  });
  const shown = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollPaddingStart: ROW_PX,
  });
  const items = virtual.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  const chosen = Math.min(at, shown.length - 1);
  const atEnd = last !== undefined && last.index >= shown.length - 1;
  useEffect(() => {
    if (atEnd) onEnd?.();
  }, [atEnd, onEnd]);

  function choose(index: number) {
    const next = Math.max(0, Math.min(shown.length - 1, index));
    setAt(next);
    virtual.scrollToIndex(next);
  }
  function press(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, number> = {
      j: 1,
      ArrowDown: 1,
      k: -1,
      ArrowUp: -1,
      PageDown: 15,
      PageUp: -15,
      Home: -shown.length,
      End: shown.length,
    };
    const step = steps[event.key];
    const row = shown[chosen];
    if (step !== undefined) choose(chosen + step);
    else if (
      (event.key === "Enter" || event.key === "o") &&
      row &&
      event.target === event.currentTarget
    ) {
      onOpen?.(row.original);
    } else return;
    event.preventDefault();
  }

  if (rows.length === 0) return <p className="empty">{empty}</p>;
  return (
    <div className="table" ref={place}>
      <table
        role="grid"
        aria-label={label}
        aria-rowcount={shown.length + 1}
        aria-activedescendant={shown[chosen] === undefined ? undefined : `${id}-${chosen}`}
        tabIndex={0}
        onKeyDown={press}
      >
        <thead>
          <tr>
            {columns.map((column) => (
              <Head
                key={column.id}
                column={column}
                sorted={sorting.find((one) => one.id === column.id)}
                onSort={(desc) => setSorting([{ id: column.id, desc }])}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          <Space px={first?.start ?? 0} across={columns.length} />
          {items.map(({ index }) => {
            const row = shown[index];
            if (row === undefined) return null;
            return (
              <tr
                key={row.id}
                id={`${id}-${index}`}
                className={onOpen === undefined ? undefined : "opens"}
                aria-rowindex={index + 2}
                aria-selected={index === chosen}
                onClick={() => {
                  setAt(index);
                  onOpen?.(row.original);
                }}
              >
                {columns.map((column) => (
                  <td key={column.id} className={column.right ? "right" : undefined}>
                    {column.cell(row.original)}
                  </td>
                ))}
              </tr>
            );
          })}
          <Space px={virtual.getTotalSize() - (last?.end ?? 0)} across={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

interface HeadGiven<T> {
  column: Column<T>;
  sorted: { desc: boolean } | undefined;
  onSort: (desc: boolean) => void;
}

function Head<T>({ column, sorted, onSort }: HeadGiven<T>) {
  const order = sorted === undefined ? undefined : sorted.desc ? "descending" : "ascending";
  return (
    <th scope="col" className={column.right ? "right" : undefined} aria-sort={order}>
      {column.value === undefined ? (
        column.title
      ) : (
        <button type="button" onClick={() => onSort(sorted !== undefined && !sorted.desc)}>
          {column.title}
          {sorted === undefined ? "" : sorted.desc ? " ↓" : " ↑"}
        </button>
      )}
    </th>
  );
}

/** Room for the rows that are out of sight. */
function Space({ px, across }: { px: number; across: number }) {
  if (px <= 0) return null;
  return (
    <tr className="space" aria-hidden="true">
      <td colSpan={across} style={{ height: px }} />
    </tr>
  );
}
