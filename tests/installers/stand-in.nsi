; A program that behaves as far as a setup can see like ours: it writes down how it was started, stays until it is asked to
; quit, and saves before it goes. With a file "stubborn" beside that it does not go. Made with makensis because that is
; there anyway, and a compiler for Windows is not.
Unicode true
Target amd64-unicode
OutFile "${OUT}"
RequestExecutionLevel user
SilentInstall silent
!include LogicLib.nsh
!include FileFunc.nsh
!define HOME "$LOCALAPPDATA\Shopbell"

!macro WriteLine FILE TEXT
  FileOpen $9 "${FILE}" a
  FileSeek $9 0 END
  FileWriteUTF16LE $9 "${TEXT}$\n"
  FileClose $9
!macroend

Section
  CreateDirectory "${HOME}"
  ${GetParameters} $0
  !insertmacro WriteLine "${HOME}\started.txt" "${SAYS} $0"
  ${If} $0 == "--quit"
    !insertmacro WriteLine "${HOME}\asked-to-quit" ""
    Quit
  ${EndIf}
  ${If} $0 == "accounts sign-out"
    !insertmacro WriteLine "$EXEDIR\..\signed-out.txt" "${SAYS}"
    Quit
  ${EndIf}
  ${For} $1 1 600
    ${If} ${FileExists} "${HOME}\asked-to-quit"
    ${AndIfNot} ${FileExists} "${HOME}\stubborn"
      !insertmacro WriteLine "${HOME}\saved.txt" "${SAYS}"
      Delete "${HOME}\asked-to-quit"
      Quit
    ${EndIf}
    Sleep 100
  ${Next}
SectionEnd
