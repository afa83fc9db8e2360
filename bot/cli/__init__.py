"""The command line `rotate`: one file a verb, each parsing and printing only. What they do is built in bot.app."""
