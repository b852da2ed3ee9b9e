import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { ContainerClient } from '@azure/storage-blob';
import type { Population } from '../generator/population.ts';
import { modelOf, type WrittenTable } from './model.ts';
import { type CsvStyle, partText, plainStyle } from './rows.ts';

export interface DataOutExport {
  readonly population: Population;
  /** Tables by name with the segment whose members they hold; `null`: everybody. */
  readonly tables: Readonly<Record<string, string | null>>;
  /** `CustomerInsights_<instance id>/<export name>`. */
  readonly folder: string;
  /** Of the dated folder, ms since 1970. */
  readonly at: number;
  readonly parts?: number;
  readonly gzip?: boolean;
  readonly style?: Partial<CsvStyle>;
  readonly model?: 'last' | 'first' | 'absent';
}

const blockBytes = 4 * 1_048_576;

/** `2026/03/01/0915` */
export const datedFolder = (at: number): string => {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10).replaceAll('-', '/')}/${iso.slice(11, 16).replace(':', '')}`;
};

export const writeText = async (container: ContainerClient, path: string, text: string): Promise<void> => {
  await container.getBlockBlobClient(path).upload(text, Buffer.byteLength(text));
};

/** Writes what Customer Insights' export to Azure Blob Storage writes, for a generated population. */
export const writeDataOut = async (container: ContainerClient, options: DataOutExport): Promise<void> => {
  const { population, folder, at, parts = 2, gzip = false, model = 'last' } = options;
  const style = { ...plainStyle, ...options.style };
  const tables = Object.keys(options.tables).map((name): WrittenTable => {
    const path = `${folder}/${name}/${datedFolder(at)}/${name}`;
    const numbers = Array.from({ length: parts }, (_, part) => part + 1);
    const paths = numbers.map((number) => `${path}_${number}.csv${gzip ? '.gz' : ''}`);
    return { name, style, parts: paths.map((part) => `${container.url}/${part}`) };
  });
  const writeModel = (): Promise<void> => writeText(container, `${folder}/model.json`, modelOf(tables));

  if (model === 'first') await writeModel();
  for (const [name, segment] of Object.entries(options.tables)) {
    for (let part = 0; part < parts; part += 1) {
      const from = Math.floor((population.size * part) / parts);
      const to = Math.floor((population.size * (part + 1)) / parts);
      const text = Readable.from(partText(population, segment, { from, to, style }), { objectMode: false });
      const path = `${folder}/${name}/${datedFolder(at)}/${name}_${part + 1}.csv`;
      const blob = container.getBlockBlobClient(gzip ? `${path}.gz` : path);
      await blob.uploadStream(gzip ? text.pipe(createGzip({ level: 1 })) : text, blockBytes, 2);
    }
  }
  if (model === 'last') await writeModel();
};
