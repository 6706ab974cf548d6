import {
  Array as ArrayOf,
  Boolean as BooleanOf,
  Integer,
  Literal,
  Number as NumberOf,
  Object as ObjectOf,
  Optional,
  Record as RecordOf,
  String as StringOf,
  type TSchema,
  Union,
} from '@sinclair/typebox'
import { EFFORTS } from '../canonical/request.ts'
import { STRATEGIES } from '../router/strategy.ts'
import { DAYS } from '../router/time-span.ts'
import { hedgeSchema, retrySchema, timeoutsSchema } from './resilience-schema.ts'

/** What no key is known of would be a condition that is not asked: that is an error. */
const closed = { additionalProperties: false }

const text = (description: string) => StringOf({ description, minLength: 1 })
const flag = (description: string) => Optional(BooleanOf({ description, errorMessage: 'expected true or false' }))
const oneOrMore = <Item extends TSchema>(item: Item) => [item, ArrayOf(item)] as const

const patterns = (description: string) =>
  Optional(
    Union([...oneOrMore(StringOf({ minLength: 1 }))], {
      description,
      errorMessage: 'expected a pattern or a list of patterns, `["claude-*", "/^gpt-[45]/"]`',
    }),
  )

const choice = <Name extends string>(names: readonly Name[]) =>
  Union(
    names.map((name) => Literal(name)),
    { errorMessage: `expected one of ${names.join(', ')}` },
  )

const count = (description: string) =>
  Optional(Integer({ description, minimum: 0, errorMessage: 'expected a number of tokens' }))

const timeSpan = ObjectOf(
  {
    from: Optional(text('The first minute, `22:00`. Default: the whole day.')),
    to: Optional(text('The minute after the last, `06:00`; earlier than `from` is on the next day.')),
    days: Optional(ArrayOf(choice(DAYS), { description: 'On which days it begins. Default: every day.' })),
    zone: Optional(text("The time zone, `Europe/Berlin`. Default: this machine's.")),
  },
  {
    ...closed,
    description: 'Hours of the day.',
    errorMessage: 'expected an object `{ "from": "22:00", "to": "06:00" }`',
  },
)

const conditions = {
  model: patterns('The name of the model that the client asks for: `claude-*`, or `/…/`, a regular expression.'),
  client: patterns(
    'The program that calls: claude-code, codex, gemini-cli, opencode, qwen-code, or how another calls itself; with versions, `claude-code@>=2.1 <3`.',
  ),
  key: patterns('The label of the client key.'),
  header: Optional(
    RecordOf(StringOf(), Union([BooleanOf(), ...oneOrMore(StringOf({ minLength: 1 }))]), {
      description: 'Headers of the request: what each says, or whether it is there.',
      errorMessage: 'expected an object `{ "x-team": "blue-*" }`',
    }),
  ),
  session: patterns("The agent's session."),
  thinking: flag('Whether more thinking is asked for than agents do by default.'),
  effort: Optional(
    Union([...oneOrMore(choice(EFFORTS))], {
      description: 'How hard the model shall work.',
      errorMessage: `expected one of ${EFFORTS.join(', ')}, or a list of them`,
    }),
  ),
  tools: Optional(
    Union([BooleanOf(), ...oneOrMore(StringOf({ minLength: 1 }))], {
      description: 'Whether there are tools, or one of such a name.',
      errorMessage: 'expected true, false or a list of patterns',
    }),
  ),
  time: Optional(
    Union([...oneOrMore(timeSpan)], {
      description: 'When the request comes.',
      errorMessage: 'expected an object `{ "from": "22:00", "to": "06:00" }`',
    }),
  ),
  project: patterns('The folder that the agent works in, with all that is in it: `~/projects/*`.'),
  images: flag('Whether the conversation shows an image.'),
  prompt: patterns('What the last prompt of the user holds: words, or `/…/`.'),
  system: patterns('What the system prompt holds: words, or `/…/`.'),
  tokens: Optional(
    ObjectOf(
      { above: count('More input tokens than this.'), below: count('Fewer input tokens than this.') },
      {
        ...closed,
        description: 'The size of the input, estimated.',
        errorMessage: 'expected an object `{ "above": 60000 }`',
      },
    ),
  ),
}

const object = { ...closed, errorMessage: 'expected an object `{ "model": "claude-*" }`' }

const when = ObjectOf(
  {
    ...conditions,
    not: Optional(
      ObjectOf(conditions, { ...object, description: 'The rule is for requests of which not all of this holds.' }),
    ),
  },
  { ...object, description: 'What must hold of a request, all of it. Default: the rule is for every request.' },
)

const target = StringOf({ minLength: 1, description: '"provider,model" or the name of a group.' })

const targets = ArrayOf(
  Union(
    [
      target,
      ObjectOf(
        {
          target,
          weight: Optional(
            NumberOf({
              minimum: 0,
              description: 'Its share of the calls. Default 1; 0: only if nobody else can.',
              errorMessage: 'expected a number that is not negative',
            }),
          ),
        },
        closed,
      ),
    ],
    { errorMessage: 'expected "provider,model", the name of a group or `{ "target": …, "weight": … }`' },
  ),
  { description: 'Who may answer.' },
)

const group = ObjectOf(
  {
    targets,
    strategy: Optional(
      Union([...choice(STRATEGIES).anyOf], {
        description: 'How the target for a call is found. Default: `weighted` if there are weights, else `order`.',
        errorMessage: `expected one of ${STRATEGIES.join(', ')}`,
      }),
    ),
    sticky: flag('Whether a session stays with its target, so that its prompt cache lives. Default true.'),
  },
  { ...closed, description: 'Targets of which one answers.' },
)

/** Named groups of targets. */
export const groupsSchema = Optional(
  RecordOf(
    StringOf(),
    Union([targets, group], { errorMessage: 'expected a list of targets or an object `{ "targets": […] }`' }),
    {
      description: 'Groups of targets, by name, for rules to use.',
      errorMessage: 'expected an object of groups, `{ "name": { "targets": […] } }`',
    },
  ),
)

const rule = ObjectOf(
  {
    name: Optional(text('How the rule is called where it is told that it has chosen. Default: its number.')),
    when: Optional(when),
    use: Union([target, targets, group], {
      description: 'Who answers: "provider,model", the name of a group, a list of targets, or a group.',
      errorMessage: 'expected "provider,model", the name of a group, or a list of targets',
    }),
    retry: retrySchema,
    timeouts: timeoutsSchema,
    hedge: hedgeSchema,
    shadow: flag('Whether the rule only tells, in the log, whom it would have chosen and what that would have cost.'),
  },
  { ...closed, errorMessage: 'expected a rule `{ "when": {…}, "use": "provider,model" }`' },
)

/** Ordered rules. */
export const rulesSchema = Optional(
  ArrayOf(rule, {
    description:
      'Rules, in order: the first that fits a request says who answers it. The scenarios of Router come after them.',
    errorMessage: 'expected a list of rules, `[{ "when": {…}, "use": "provider,model" }]`',
  }),
)

const amount = (description: string) =>
  NumberOf({ description, minimum: 0, errorMessage: 'expected a price for a million tokens' })

/** What models cost. */
export const pricesSchema = Optional(
  RecordOf(
    StringOf(),
    ObjectOf(
      {
        input: amount('A million tokens of input.'),
        output: amount('A million tokens of output.'),
        cacheRead: Optional(amount('A million tokens read from the prompt cache. Default: as input.')),
        cacheWrite: Optional(amount('A million tokens written to the prompt cache. Default: as input.')),
      },
      { ...closed, errorMessage: 'expected an object `{ "input": 3, "output": 15 }`' },
    ),
    {
      description:
        'Prices of a million tokens, all in one currency, by model or "provider,model"; `*` is any characters.',
      errorMessage: 'expected an object `{ "model": { "input": 3, "output": 15 } }`',
    },
  ),
)
