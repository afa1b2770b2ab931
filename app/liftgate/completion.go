package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func completionCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completions of a shell",
		Long: `Completion prints a script that lets the Tab key complete commands, flags and the ids of advisories. Load it once:

  bash        source <(liftgate completion bash)
  zsh         source <(liftgate completion zsh)
  fish        liftgate completion fish | source
  powershell  liftgate completion powershell | Out-String | Invoke-Expression

or for good:

  bash        liftgate completion bash > /etc/bash_completion.d/liftgate
  zsh         liftgate completion zsh > "${fpath[1]}/_liftgate"
  fish        liftgate completion fish > ~/.config/fish/completions/liftgate.fish

Changes: nothing. Exit codes: 0 printed, 2 wrong command line.`,
		Example:               "  source <(liftgate completion bash)",
		DisableFlagsInUseLine: true,
		Args:                  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs:             []cobra.Completion{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			var err error
			switch args[0] {
			case "bash":
				err = root.GenBashCompletionV2(c.out, true)
			case "zsh":
				err = root.GenZshCompletion(c.out)
			case "fish":
				err = root.GenFishCompletion(c.out, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(c.out)
			}
			if err != nil {
				return fmt.Errorf("print: %w", err)
			}
			return nil
		},
	}
}
