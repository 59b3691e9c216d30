// Dots: vehicles as one layer of the map that draws itself. Every change of a GeoJSON source is cut
// into tiles anew by another thread; for thousands of vehicles that move, that costs most of a
// frame. Here they are one buffer, one call to draw it, and a search through it for a click.

import type { CustomLayerInterface, CustomRenderMethodInput, Map as GlMap } from "maplibre-gl";
import { MercatorCoordinate } from "maplibre-gl";
import { colour } from "@/app/theme";

/** What a vehicle's dot says. */
export const DOTS = {
  well: "--accent",
  noticed: "--warn",
  helped: "--violet",
  chosen: "--text",
} as const;

export type Dot = keyof typeof DOTS;

export interface Spot {
  id: string;
  lat: number;
  lon: number;
}

const NAMES = Object.keys(DOTS) as Dot[];
/** A pointer this near to a dot's middle means it, in CSS pixels. */
const REACH_PX = 9;
const STROKE_PX = 1.25;
/** Of a vertex: x, y, and which dot. */
const FLOATS = 3;

const VERTEX = `#version 300 es
uniform mat4 u_matrix;
uniform float u_radius;
uniform float u_ratio;
uniform vec3 u_colours[${NAMES.length}];
in vec3 a_spot;
out vec3 v_colour;
out float v_px;
void main() {
  int dot = int(a_spot.z);
  float radius = u_radius + (dot == 0 ? 0.0 : 2.0) + ${STROKE_PX};
  v_colour = u_colours[dot];
  v_px = radius * u_ratio;
  gl_Position = u_matrix * vec4(a_spot.xy, 0.0, 1.0);
  gl_PointSize = 2.0 * v_px;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 u_ground;
uniform float u_ratio;
in vec3 v_colour;
in float v_px;
out vec4 colour;
void main() {
  float from = length(gl_PointCoord - 0.5) * 2.0 * v_px;
  float inside = clamp(v_px - from, 0.0, 1.0);
  if (inside == 0.0) discard;
  float filled = clamp(v_px - ${STROKE_PX} * u_ratio - from + 0.5, 0.0, 1.0);
  colour = vec4(mix(u_ground, v_colour, filled) * inside, inside);
}`;

export class Dots implements CustomLayerInterface {
  readonly id = "vehicles";
  readonly type = "custom";
  readonly renderingMode = "2d";
  private map: GlMap | undefined;
  private drawing: Drawing | undefined;
  private ids: string[] = [];
  /** Of each id, in Mercator's square from 0 to 1, exactly. */
  private places = new Float64Array(0);
  /** As they are drawn: from `origin`, for a float of 32 bits is exact to metres only. */
  private vertices = new Float32Array(0);
  private origin: readonly [number, number] = [0, 0];
  private stale = false;

  /** Draw these from now on. Those that say something lie above those that are well. */
  set(spots: Iterable<Spot>, dot: (id: string) => Dot): void {
    const well: [Spot, Dot][] = [];
    const above: [Spot, Dot][] = [];
    for (const spot of spots) {
      const name = dot(spot.id);
      (name === "well" ? well : above).push([spot, name]);
    }
    const all = well.concat(above);
    this.ids = all.map(([{ id }]) => id);
    this.places = Float64Array.from(
      all.flatMap(([{ lat, lon }]) => {
        const { x, y } = MercatorCoordinate.fromLngLat({ lng: lon, lat });
        return [x, y];
      }),
    );
    const [left = 0, top = 0] = this.places;
    this.origin = [left, top];
    this.vertices = Float32Array.from(
      all.flatMap(([, name], at) => {
        const [x = 0, y = 0] = this.places.subarray(2 * at);
        return [x - left, y - top, NAMES.indexOf(name)];
      }),
    );
    this.stale = true;
    this.map?.triggerRepaint();
  }

  /** Which one a pointer means, at a place of the map in CSS pixels; undefined: none. */
  at(point: { x: number; y: number }): string | undefined {
    const { map } = this;
    if (map === undefined) return undefined;
    const { x, y } = MercatorCoordinate.fromLngLat(map.unproject([point.x, point.y]));
    // One pixel is so much of the square; the map lies flat.
    let nearest = REACH_PX / (512 * 2 ** map.getZoom());
    let found: string | undefined;
    for (let at = 0; at < this.ids.length; at += 1) {
      const dx = (this.places[2 * at] ?? 0) - x;
      const dy = (this.places[2 * at + 1] ?? 0) - y;
      if (Math.abs(dx) > nearest || Math.abs(dy) > nearest) continue;
      const away = Math.hypot(dx, dy);
      // What lies above is meant where both are as near.
      if (away <= nearest) {
        nearest = away;
        found = this.ids[at];
      }
    }
    return found;
  }

  onAdd(map: GlMap, gl: WebGLRenderingContext | WebGL2RenderingContext): void {
    this.map = map;
    this.drawing = new Drawing(gl as WebGL2RenderingContext);
    this.stale = true;
  }

  onRemove(): void {
    this.drawing?.end();
    this.drawing = undefined;
    this.map = undefined;
  }

  render(_: unknown, { defaultProjectionData }: CustomRenderMethodInput): void {
    const { map, drawing, ids } = this;
    if (map === undefined || drawing === undefined || ids.length === 0) return;
    if (this.stale) drawing.fill(this.vertices);
    this.stale = false;
    const matrix = moved(defaultProjectionData.mainMatrix, this.origin);
    drawing.draw(ids.length, matrix, radius(map.getZoom()), map.getPixelRatio());
  }
}

/** A dot's size by how near the map is, in CSS pixels. */
const radius = (zoom: number): number => 2.5 + 3.5 * Math.min(1, Math.max(0, (zoom - 8) / 7));

/** The matrix for places that are counted from `origin`: its move, reckoned in 64 bits. */
export function moved(matrix: ArrayLike<number>, [x, y]: readonly [number, number]): Float32Array {
  const result = Float32Array.from(matrix);
  for (let row = 0; row < 4; row += 1) {
    const at = (column: number) => matrix[4 * column + row] ?? 0;
    result[12 + row] = at(0) * x + at(1) * y + at(3);
  }
  return result;
}

/** Of `rgb(20, 32, 45)`, as a browser computes colours: each from 0 to 1. */
export function rgb(text: string): [number, number, number] {
  const [r, g, b] = (text.match(/[\d.]+/g) ?? []).map((part) => Number(part) / 255);
  if (!text.startsWith("rgb") || r === undefined || g === undefined || b === undefined) {
    throw new Error(`${text} is no colour of the form rgb(r, g, b)`);
  }
  return [r, g, b];
}

/** What the graphics card holds. */
class Drawing {
  private readonly program: WebGLProgram;
  private readonly buffer: WebGLBuffer;
  private readonly array: WebGLVertexArrayObject;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.program = gl.createProgram();
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ] as const) {
      const shader = gl.createShader(kind);
      if (shader === null) throw new Error("the map's context is lost");
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
      gl.deleteShader(shader);
    }
    gl.bindAttribLocation(this.program, 0, "a_spot");
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`dots cannot be drawn: ${gl.getProgramInfoLog(this.program)}`);
    }
    this.buffer = gl.createBuffer();
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, FLOATS, gl.FLOAT, false, 0, 0);
    gl.bindVertexArray(null);
    // biome-ignore lint/correctness/useHookAtTopLevel: of WebGL, no hook of React
    gl.useProgram(this.program);
    const colours = NAMES.flatMap((name) => rgb(colour(DOTS[name])));
    gl.uniform3fv(this.named("u_colours"), colours);
    gl.uniform3fv(this.named("u_ground"), rgb(colour("--map-ground")));
  }

  fill(vertices: Float32Array): void {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, vertices, gl.DYNAMIC_DRAW);
  }

  draw(count: number, matrix: Float32Array, radius: number, ratio: number): void {
    const { gl } = this;
    // biome-ignore lint/correctness/useHookAtTopLevel: of WebGL, no hook of React
    gl.useProgram(this.program);
    gl.uniformMatrix4fv(this.named("u_matrix"), false, matrix);
    gl.uniform1f(this.named("u_radius"), radius);
    gl.uniform1f(this.named("u_ratio"), ratio);
    gl.bindVertexArray(this.array);
    gl.drawArrays(gl.POINTS, 0, count);
    gl.bindVertexArray(null);
  }

  end(): void {
    this.gl.deleteProgram(this.program);
    this.gl.deleteBuffer(this.buffer);
    this.gl.deleteVertexArray(this.array);
  }

  private named(name: string): WebGLUniformLocation | null {
    return this.gl.getUniformLocation(this.program, name);
  }
}
