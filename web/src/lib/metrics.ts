// The metrics, as docs/metrics.md defines them.

export interface Metric {
  name: string;
  short: string;
  unit: 'hours' | 'viewers' | 'channels' | 'count' | 'share' | 'ratio';
  formula: string;
  note: string;
}

const COMPLETE = 'Over the complete slots of the range; over all good ones, marked partial, where none is complete.';

export const METRICS: Record<string, Metric> = {
  hours_watched: {
    name: 'Hours watched', short: 'Hours watched', unit: 'hours',
    formula: 'Σ viewers × slot length ÷ 3600',
    note: 'Over all good slots. A missing slot adds nothing and lowers coverage.',
  },
  airtime_hours: {
    name: 'Airtime, hours', short: 'Airtime', unit: 'hours',
    formula: 'Σ slot length ÷ 3600, while live',
    note: 'Hours streamed, over all good slots.',
  },
  average_viewers: {
    name: 'Average viewers', short: 'Avg viewers', unit: 'viewers',
    formula: 'hours watched ÷ covered hours',
    note: `Average concurrent viewers: covered hours are those of all slots used, live or not. ${COMPLETE}`,
  },
  average_viewers_while_live: {
    name: 'Viewers per channel', short: 'Per channel', unit: 'viewers',
    formula: 'hours watched ÷ airtime',
    note: `Of one channel: its average viewers while live. Of a group: viewers per channel. ${COMPLETE}`,
  },
  average_channels: {
    name: 'Average channels', short: 'Avg channels', unit: 'channels',
    formula: 'airtime ÷ covered hours',
    note: `Live at a time. ${COMPLETE}`,
  },
  peak_viewers: {
    name: 'Peak viewers', short: 'Peak viewers', unit: 'viewers',
    formula: 'max over slots of Σ viewers',
    note: `Of a group: the largest sum over its channels, never a sum of their peaks. ${COMPLETE}`,
  },
  peak_channels: {
    name: 'Peak channels', short: 'Peak channels', unit: 'channels',
    formula: 'max over slots of the number of channels',
    note: COMPLETE,
  },
  unique_channels: {
    name: 'Unique channels', short: 'Unique', unit: 'channels',
    formula: 'number of different broadcasters',
    note: 'Counted exactly over the whole range, never summed.',
  },
  samples: {
    name: 'Samples', short: 'Samples', unit: 'count',
    formula: 'number of observations',
    note: 'One stream in one slot is one observation.',
  },
  share: {
    name: 'Share', short: 'Share', unit: 'share',
    formula: 'hours watched of this ÷ of all',
    note: 'Under the same filters. A game of k genres or modes gives each 1/k, unless attribution is full.',
  },
  change: {
    name: 'Change', short: 'Change', unit: 'hours',
    formula: 'value − value in the period before',
    note: 'The period before has the same length and ends where this one begins.',
  },
  slot_coverage: {
    name: 'Slot coverage', short: 'Coverage', unit: 'share',
    formula: 'good slots ÷ expected slots',
    note: 'How much of the time was observed. A gap is shown as a gap, never filled.',
  },
  sweep_coverage: {
    name: 'Sweep coverage', short: 'Sweep', unit: 'share',
    formula: 'streams found ÷ streams live, estimated',
    note: 'How complete the sweeps themselves were; unknown for imports.',
  },
  top_10: {
    name: 'Share of the top 10', short: 'Top 10', unit: 'share',
    formula: 'hours watched of the 10 largest channels ÷ of all', note: 'Likewise of the largest and of the top 100.',
  },
  effective_channels: {
    name: 'Effective channels', short: 'Effective', unit: 'channels',
    formula: '1 ÷ Σ share²',
    note: 'As many channels of equal size would be as concentrated (1 ÷ HHI, Herfindahl’s index).',
  },
};

export const RANKED = ['hours_watched', 'average_viewers', 'peak_viewers', 'average_channels', 'average_viewers_while_live', 'unique_channels', 'share'];
export const RANKED_CHANNELS = ['hours_watched', 'airtime_hours', 'average_viewers_while_live', 'peak_viewers', 'share'];

export function metric(key: string): Metric {
  return METRICS[key] ?? { name: key, short: key, unit: 'count', formula: '', note: '' };
}
