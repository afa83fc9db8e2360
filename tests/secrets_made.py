"""Tokens in the form of every maker, made up and put together here, so that no scanner takes them for real ones."""

import random
import string

B62 = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
URL = B62 + "-_"

Part = str | int | tuple[str, int]
"""A text; so many letters and digits; or so many signs of an alphabet."""

MADE: list[tuple[str, list[Part]]] = [
    ("1Password", ["A3", "-", (UPPER, 6), "-", (UPPER, 6), "-", (UPPER, 5), "-", (UPPER, 5), "-", (UPPER, 5)]),
    ("Adobe", ["p8", "e-", 32]),
    ("age", ["AGE-SECRET", "-KEY-1", (UPPER, 58)]),
    ("Airtable", ["pat", 14, ".", (HEX, 64)]),
    ("Alibaba Cloud", ["LT", "AI", 20]),
    ("Amazon", ["AK", "IA", ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)]),
    ("Amazon Bedrock", ["AB", "SK", 120]),
    ("Anthropic", ["sk-", "ant-", "api03-", (URL, 93), "AA"]),
    ("Apify", ["apify", "_api_", 36]),
    ("Artifactory", ["AK", "Cp", 69]),
    ("Atlassian", ["ATA", "TT3", (URL, 180), "=", (UPPER, 8)]),
    ("Azure", [3, "8Q", "~", (B62 + "_~.-", 33)]),
    ("Brevo", ["xkey", "sib-", (HEX, 64), "-", 16]),
    ("Buildkite", ["bk", "ua_", (HEX, 40)]),
    ("Cerebras", ["cs", "k-", 48]),
    ("CircleCI", ["CCI", "PAT_", 22, "_", (HEX, 40)]),
    ("ClickHouse", ["4b", "1d", 38]),
    ("Clojars", ["CLO", "JARS_", 60]),
    ("Cloudflare", ["v1", ".0-", (HEX, 24), "-", (HEX, 146)]),
    ("Contentful", ["CF", "PAT-", (URL, 43)]),
    ("Databricks", ["da", "pi", (HEX, 32)]),
    ("DigitalOcean", ["dop", "_v1_", (HEX, 64)]),
    ("Discord", ["M", (B62, 23), ".", (B62, 6), ".", (URL, 38)]),
    ("Docker", ["dckr", "_pat_", (URL, 27)]),
    ("Doppler", ["dp", ".pt.", 43]),
    ("Dropbox", ["sl", ".", (URL, 135)]),
    ("Duffel", ["duffel", "_live_", (URL, 43)]),
    ("Dynatrace", ["dt0", "c01.", 24, ".", 64]),
    ("EasyPost", ["EZ", "AK", 54]),
    ("Facebook", ["EA", "AC", 120]),
    ("Figma", ["fig", "d_", (URL, 40)]),
    ("Firecrawl", ["f", "c-", (HEX, 32)]),
    ("Fireworks", ["f", "w_", "a1", 22]),
    ("Flutterwave", ["FLW", "SECK_TEST-", ("abcdefgh0123456789", 32), "-X"]),
    ("Fly.io", ["fo", "1_", (URL, 43)]),
    ("Frame.io", ["fio", "-u-", (URL, 64)]),
    ("GitHub", ["gh", "p_", 36]),
    ("GitLab", ["gl", "pat-", (URL, 20)]),
    ("Google", ["ya", "29.", (URL, 120)]),
    ("Google", ["GOC", "SPX-", (URL, 28)]),
    ("Grafana", ["gl", "sa_", 32, "_", (HEX, 8)]),
    ("Groq", ["gs", "k_", 52]),
    ("Harness", ["pat", ".", (URL, 22), ".", 24, ".", 20]),
    ("Heroku", ["HR", "KU-AA", (URL, 58)]),
    ("HubSpot", ["pat", "-na1-", (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)]),
    ("Hugging Face", ["h", "f_", (string.ascii_letters, 34)]),
    ("Infracost", ["ic", "o-", 32]),
    ("Jina", ["ji", "na_", 60]),
    ("LangSmith", ["lsv2", "_pt_", (HEX, 32), "_", (HEX, 10)]),
    ("Linear", ["lin", "_api_", 40]),
    ("Mailchimp", [(HEX, 32), "-us", "12"]),
    ("Mailgun", ["ke", "y-", (HEX, 32)]),
    ("Mapbox", ["sk", ".ey", 60, ".", (URL, 22)]),
    ("MaxMind", [6, "_", 29, "_m", "mk"]),
    ("Neon", ["na", "pi_", 60]),
    ("Netlify", ["nf", "p_", 36]),
    ("New Relic", ["NR", "AK-", (UPPER, 27)]),
    ("Notion", ["nt", "n_", (string.digits, 11), 35]),
    ("npm", ["np", "m_", 36]),
    ("NVIDIA", ["nv", "api-", (URL, 64)]),
    ("Octopus Deploy", ["AP", "I-", (UPPER, 26)]),
    ("OpenShift", ["sha", "256~", (URL, 43)]),
    ("Perplexity", ["pp", "lx-", 48]),
    ("Pinecone", ["pc", "sk_", 6, "_", 63]),
    ("PlanetScale", ["pscale", "_tkn_", (URL, 43)]),
    ("PostHog", ["ph", "x_", 43]),
    ("Postman", ["PM", "AK-", (HEX, 24), "-", (HEX, 34)]),
    ("Prefect", ["pn", "u_", 36]),
    ("Pulumi", ["pu", "l-", (HEX, 40)]),
    ("PyPI", ["py", "pi-AgEIcHlwaS5vcmc", (URL, 120)]),
    ("Razorpay", ["rzp", "_live_", 14]),
    ("ReadMe", ["rd", "me_", (string.ascii_lowercase + string.digits, 70)]),
    ("Render", ["rn", "d_", 32]),
    ("Replicate", ["r", "8_", 37]),
    ("Resend", ["r", "e_", 8, "_", 24]),
    ("RubyGems", ["ruby", "gems_", (HEX, 48)]),
    ("Scalingo", ["tk", "-us-", (URL, 48)]),
    ("SendGrid", ["S", "G.", (URL, 22), ".", (URL, 43)]),
    ("Sentry", ["sntr", "yu_", (HEX, 64)]),
    ("Shippo", ["shippo", "_live_", (HEX, 40)]),
    ("Shopify", ["shp", "at_", (HEX, 32)]),
    ("Sonar", ["sq", "p_", (HEX, 40)]),
    ("Sourcegraph", ["sg", "p_", (HEX, 40)]),
    ("Square", ["sq0", "atp-", (URL, 22)]),
    ("Stripe", ["sk", "_live_", 24]),
    ("Supabase", ["sb", "p_", (HEX, 40)]),
    ("Tailscale", ["ts", "key-auth-", 12, "-", 32]),
    ("Tavily", ["tv", "ly-", 32]),
    ("Telegram", [("123456789", 10), ":A", "A", (URL, 33)]),
    ("Terraform", [14, ".atlas", "v1.", (URL, 67)]),
    ("Together", ["tg", "p_v1_", (URL, 43)]),
    ("Twilio", ["S", "K", (HEX, 32)]),
    ("Typeform", ["tf", "p_", (URL, 59)]),
    ("Vault", ["hv", "s.", (URL, 95)]),
    ("Voyage", ["p", "a-", "aB3", (URL, 40)]),
    ("Weights & Biases", ["wandb", "_v1_", 27, "_", 49]),
    ("xAI", ["x", "ai-", 80]),
    ("Yandex", ["AQ", "VN", (URL, 36)]),
]


def made(parts: list[Part], seed: int = 0) -> str:
    """One such token."""
    chance = random.Random(f"{parts}{seed}")

    def part(one: Part) -> str:
        if isinstance(one, str):
            return one
        alphabet, length = one if isinstance(one, tuple) else (B62, one)
        inner = "".join(chance.choice(alphabet) for _ in range(length))
        return inner[:-1] + (inner[-1] if inner[-1].isalnum() else "x")

    return "".join(map(part, parts))
