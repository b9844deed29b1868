namespace Quarry.Texts
{
    /// <summary>Names of the commands, so that nobody types them wrongly.</summary>
    internal static class CommandNames
    {
        public const string A = "quarry.document.createFromTemplateWithDefaults";
        public const string B = "quarry.document.exportSelectionAsPortableFormat";
        public const string C = "quarry.document.recalculateEverythingImmediately";
        public const string D = "quarry.workspace.rememberWindowArrangement";
        public const string E = "quarry.workspace.restoreWindowArrangement";
        public const string F = "quarry.selection.extendToMatchingParenthesis";
        public const string G = "quarry.selection.shrinkToInnermostExpression";
        public const string H = "quarry.navigation.goToImplementationInSplitView";
        public const string I = "quarry.navigation.goToLastEditedLocation";
        public const string J = "quarry.refactoring.extractLocalVariable";
        public const string K = "quarry.refactoring.introduceParameterObject";
    }
}
