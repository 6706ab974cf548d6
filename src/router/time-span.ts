/** Hours of the day, on some days of the week, in one time zone. */
export interface TimeSpan {
  readonly text: string
  includes(now: number): boolean
  /** What the clock says there: `mon 22:30 Europe/Berlin`. */
  clock(now: number): string
}

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export type Day = (typeof DAYS)[number]

/** Minutes of a time of day, `22:30`; `24:00` is the end of the day. `undefined`: it is none. */
export function readTimeOfDay(text: string): number | undefined {
  const [, hours = '', minutes = ''] = /^\s*(\d{1,2}):(\d{2})\s*$/.exec(text) ?? []
  const sum = Number(hours) * 60 + Number(minutes)
  return hours === '' || Number(minutes) > 59 || sum > MINUTES_OF_DAY ? undefined : sum
}

/** Whether there is such a time zone. */
export function isTimeZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone !== undefined
  } catch {
    return false
  }
}

/**
 * From `from`, included, to `to`, not included; over midnight if `to` is earlier, and then `days` are those on which it
 * begins. The same twice is the whole day.
 */
export function timeSpan({ from, to, days, zone }: WrittenSpan): TimeSpan {
  const timeAt = clockOf(zone)
  const isOn = (day: number): boolean => days.length === 0 || days.includes(DAYS[(day + 7) % 7] as Day)
  const hours = from === to ? '' : `${clockText(from)}–${clockText(to)}`
  return {
    text: [hours, ...days, zone].filter((part) => part !== '').join(' '),
    includes(now) {
      const { day, minute } = timeAt(now)
      if (from === to) return isOn(day)
      if (from < to) return minute >= from && minute < to && isOn(day)
      return minute >= from ? isOn(day) : minute < to && isOn(day - 1)
    },
    clock(now) {
      const { day, minute } = timeAt(now)
      return `${DAYS[day]} ${clockText(minute)} ${zone}`
    },
  }
}

interface WrittenSpan {
  /** In minutes of the day, as `to`. */
  readonly from: number
  readonly to: number
  /** None: every day. */
  readonly days: readonly Day[]
  readonly zone: string
}

const MINUTES_OF_DAY = 1440

function clockText(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

function clockOf(zone: string): (now: number) => { readonly day: number; readonly minute: number } {
  // Making one takes a hundred times as long as using it.
  let format: Intl.DateTimeFormat | undefined
  return (now) => {
    format ??= new Intl.DateTimeFormat('en-US', { timeZone: zone, ...fields })
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
    const day = DAYS.indexOf((parts.get('weekday') ?? '').toLowerCase() as Day)
    return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) }
  }
}

const fields = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
