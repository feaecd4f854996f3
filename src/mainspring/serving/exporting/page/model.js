// A model in the browser: rows by column name in, answers by name out, as its prediction server gives them.
import * as ort from "./runtime/ort.wasm.min.mjs";

export class BadInputError extends Error {
  constructor(problems) {
    super(problems.map(([, text]) => text).join("; "));
    this.fields = problems.map(([name]) => name);
  }
}

export class Model {
  constructor(described, session) {
    this.described = described;
    this.session = session;
  }

  // Loads model.json and model.onnx from a folder.
  static async load(folder) {
    ort.env.wasm.wasmPaths = new URL("runtime/", folder).href;
    ort.env.wasm.numThreads = 1; // more threads need headers that a plain file server does not send
    const described = await (await fetch(new URL("model.json", folder))).json();
    const bytes = new Uint8Array(await (await fetch(new URL("model.onnx", folder))).arrayBuffer());
    return new Model(described, await ort.InferenceSession.create(bytes));
  }

  // Answers rows: objects by column name, null for what is missing. Gives one object per row.
  async answer(rows) {
    const { inputs, outputs, classes } = this.described;
    const feeds = {}, problems = [];
    inputs.forEach((field, place) => {
      const values = rows.map((row) => read(field, row[field.name] ?? null, problems));
      feeds[this.session.inputNames[place]] = field.datatype === "BYTES"
        ? new ort.Tensor("string", values, [rows.length, 1])
        : new ort.Tensor("float64", Float64Array.from(values), [rows.length, 1]);
    });
    if (problems.length) throw new BadInputError(problems);
    const given = await this.session.run(feeds, outputs.map((field) => field.name));
    return rows.map((_, row) => Object.fromEntries(outputs.flatMap((field) => told(field, given[field.name], row, classes))));
  }
}

function read(field, value, problems) {
  if (value === null) {
    if (!field.nullable) problems.push([field.name, `${field.name} is missing`]);
    return field.datatype === "BYTES" ? "__missing__" : NaN;
  }
  if (field.datatype === "BYTES") return String(value);
  if (field.datatype === "BOOL" && ["true", "false", true, false].includes(value)) return String(value) === "true" ? 1 : 0;
  const number = Number(value);
  if (Number.isNaN(number) || (field.datatype === "INT64" && !Number.isInteger(number)))
    problems.push([field.name, `${field.name} is ${JSON.stringify(value)}, not a ${field.datatype === "INT64" ? "whole " : ""}number`]);
  return number;
}

function told(field, tensor, row, classes) {
  const width = tensor.data.length / tensor.dims[0];
  const values = Array.from(tensor.data.slice(row * width, (row + 1) * width));
  if (field.name === "probabilities" && classes) return classes.map((word, place) => [`probability.${word}`, values[place]]);
  return [[field.name, width === 1 ? values[0] : values]];
}
