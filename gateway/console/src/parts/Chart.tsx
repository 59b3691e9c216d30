import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour, onThemeChange } from "@/app/theme";
import { measured } from "./numbers";

export interface Line {
  name: string;
  /** A token: `--accent`. */
  token: string;
}

interface Given {
  label: string;
  /** Seconds since the epoch, rising. */
  times: readonly number[];
  /** For each line its values at these times; null: none. */
  values: readonly (readonly (number | null)[])[];
  lines: readonly Line[];
  height: number;
  /** Without axes: a mere shape. */
  spark?: boolean;
  /** Where the axis of values must reach at least. */
  least?: [number, number];
  /** A moment that is marked by a line. */
  cursor?: number | null;
}

/** Values over time. The figures themselves stand beside it, for those who cannot see it. */
export function Chart(given: Given) {
  const { label, times, values, lines, height, spark = false } = given;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const now = useRef(given);
  now.current = given;
  const names = lines.map((line) => line.name + line.token).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `now` holds what changes with each render
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    function draw() {
      if (element === null) return;
      plot.current?.destroy();
      const { times, values } = now.current;
      const data = [times, ...values] as uPlot.AlignedData;
      plot.current = new uPlot(options(now, element.clientWidth), data, element);
    }
    draw();
    const sizes = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height }),
    );
    sizes.observe(element);
    const forget = onThemeChange(draw);
    return () => {
      forget();
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [height, spark, names]);

  useEffect(() => {
    plot.current?.setData([times, ...values] as uPlot.AlignedData);
  }, [times, values]);
  const { cursor } = given;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the hook that draws it reads it itself
  useEffect(() => plot.current?.redraw(false), [cursor]);

  return <div ref={place} className="chart" role="img" aria-label={label} style={{ height }} />;
}

function options(given: { current: Given }, width: number): uPlot.Options {
  const { lines, height, spark = false, least } = given.current;
  const soft = colour("--soft");
  const grid = { stroke: colour("--line"), width: 1 };
  const axis: uPlot.Axis = {
    stroke: soft,
    grid,
    ticks: { ...grid, size: 3 },
    font: "11px Inter Variable, sans-serif",
  };
  return {
    width,
    height,
    padding: spark ? [4, 0, 2, 0] : [8, 8, 0, 0],
    legend: { show: false },
    cursor: { show: !spark, y: false, points: { size: 5 } },
    scales: { x: { time: true }, y: { range: reach(least) } },
    axes: spark
      ? [{ show: false }, { show: false }]
      : [
          { ...axis, space: 70, size: 24, values: clockValues },
          { ...axis, size: 46, space: 28, values: (_, splits) => splits.map(measured) },
        ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name,
        stroke: colour(line.token),
        width: spark ? 1.5 : 1.75,
        fill: lines.length === 1 ? fade(colour(line.token)) : undefined,
        points: { show: false },
        spanGaps: true,
      })),
    ],
    hooks: { draw: [(plot) => mark(plot, given.current.cursor ?? null)] },
  };
}

function reach(least: [number, number] | undefined): uPlot.Scale.Range {
  return (_, low, high) => {
    const from = Math.min(low ?? 0, least?.[0] ?? Number.POSITIVE_INFINITY);
    const to = Math.max(high ?? 1, least?.[1] ?? Number.NEGATIVE_INFINITY);
    const room = to > from ? (to - from) * 0.08 : Math.max(1, Math.abs(to) * 0.1);
    return [least !== undefined && from === least[0] ? from : from - room, to + room];
  };
}

function clockValues(_: uPlot, splits: number[]): string[] {
  const spanS = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  const format = new Intl.DateTimeFormat(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    ...(spanS < 600 ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  });
  return splits.map((at) => format.format(at * 1000));
}

function fade(rgb: string): string {
  return rgb.replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)");
}

function mark(plot: uPlot, at: number | null): void {
  if (at === null) return;
  const x = plot.valToPos(at, "x", true);
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour("--warn");
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
