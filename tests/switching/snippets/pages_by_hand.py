"""Pages, one at a time."""

import asyncio

from openai import AsyncOpenAI, OpenAI


async def main() -> None:
    client = AsyncOpenAI()
    page = await client.chat.completions.list(limit=2)
    if page.has_next_page():
        print(page.next_page_info().params)
        page = await page.get_next_page()
        print([stored.id for stored in page.data], page.has_next_page())


asyncio.run(main())

page = OpenAI().chat.completions.list(limit=2)
print(page.object, page.has_more, [stored.id for stored in page.data])
for each in page.iter_pages():
    print(len(each.data), each.has_more)
