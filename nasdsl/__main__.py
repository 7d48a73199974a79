from nasdsl.cli.main import main

main()
