; The setup of Shopbell for Windows: for one user, without administrator.
;
;     makensis packaging/windows/shopbell.nsi
;
; packs dist/Shopbell, which PyInstaller made, into dist/Shopbell-VERSION-setup.exe. -DSOURCE=FOLDER and -DOUT=FILE name
; others; -DSIGN="COMMAND %1" signs setup and uninstaller; -DQUICK packs faster and worse;
; -DVERSION=1.2.3 says another version than pyproject.toml. makensis 3.08 or newer, on any system.
;
; The setup and its uninstaller know these switches beside /S (silent) and /D=FOLDER (last, without quotes):
;
;     /AUTOSTART=yes|no   start with Windows, in the tray; without it an upgrade leaves the choice, a first setup says no
;     /DESKTOP=yes|no     the same for an icon on the desktop
;     /DATA=delete|keep   uninstaller: what was kept of customers; without it silence keeps it, and a person is asked
;
; Exit codes: 0 done, 1 cancelled, 2 failed and nothing changed, 3 Shopbell is still open, 4 a newer version is there,
; 5 Windows is too old, 6 another setup is running.

Unicode true
Target amd64-unicode
!ifndef VERSION
  !searchparse /file "..\..\pyproject.toml" `version = "` VERSION `"`
!endif

!define /ifndef SOURCE "..\..\dist\Shopbell"
!define /ifndef OUT "..\..\dist\Shopbell-${VERSION}-setup.exe"
!define /ifndef ICON "..\..\resources\icons\app.ico"
!define NAME "Shopbell"
!define PUBLISHER "The Shopbell authors"
!define PROGRAM "Shopbell.exe"
!define PARTS "_internal"
!define UNINSTALLER "Uninstall.exe"
; What the program tells Windows at its start (gui/app.py); a shortcut with another one gives notifications a wrong name.
!define APP_ID "io.github.shopbell.Shopbell"
; Where the program keeps a profile of which nobody said otherwise (services/paths.py).
!define DATA "$LOCALAPPDATA\Shopbell"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Shopbell"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
; Where the task manager keeps that somebody switched a Run value off.
!define RUN_ALLOWED_KEY "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
!define LINK_KEY "Software\Classes\shopbell"
; Windows 10 1809, the oldest that the Qt we pack runs on.
!define OLDEST_BUILD 17763

!define FAILED 2
!define STILL_OPEN 3
!define NEWER_IS_THERE 4
!define WINDOWS_TOO_OLD 5
!define ALREADY_RUNNING 6

!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh
!include WinVer.nsh
!include nsDialogs.nsh
!include MUI2.nsh
!include Win\COM.nsh
!include Win\Propkey.nsh

Name "${NAME}"
OutFile "${OUT}"
BrandingText "${NAME} ${VERSION}"
RequestExecutionLevel user
ManifestDPIAware true
!ifdef QUICK
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
!endif
AllowSkipFiles off
ShowInstDetails nevershow
ShowUninstDetails nevershow
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"

VIProductVersion "${VERSION}.0"
VIFileVersion "${VERSION}.0"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Setup of ${NAME}"
VIAddVersionKey CompanyName "${PUBLISHER}"
VIAddVersionKey LegalCopyright "${PUBLISHER}, MIT licence"

!ifdef SIGN
  !finalize `${SIGN}` = 0
  !uninstfinalize `${SIGN}` = 0
!endif

Var WithAutostart ; "1" or "0"
Var OnDesktop
Var DeleteData
Var WasOpen
Var Before ; the version that is installed, or empty
Var AutostartBox
Var DesktopBox
Var DataBox
Var OpenBox
Var Farewell

!if /fileexists "${ICON}"
  !define MUI_ICON "${ICON}"
  !define MUI_UNICON "${ICON}"
!endif
!define MUI_ABORTWARNING
!define MUI_ABORTWARNING_TEXT "Leave the setup? Nothing has been changed yet."
Page custom ShowChoices TakeChoices
!insertmacro MUI_PAGE_INSTFILES
Page custom ShowDone TakeDone
UninstPage custom un.ShowData un.TakeData
!define MUI_INSTFILESPAGE_FINISHHEADER_TEXT "Shopbell is removed"
!define MUI_INSTFILESPAGE_FINISHHEADER_SUBTEXT "$Farewell"
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; --- both ------------------------------------------------------------------------------------------------------------

; Ends the setup of which nothing is to be undone.
!macro Leave CODE TEXT
  MessageBox MB_OK|MB_ICONEXCLAMATION `${TEXT}` /SD IDOK
  SetErrorLevel ${CODE}
  Quit
!macroend

!macro Shared UN
; Pops nothing; pushes "1" while the program of this folder runs: Windows lets nobody write to it then.
Function ${UN}IsOpen
  Push $0
  StrCpy $0 "0"
  ${If} ${FileExists} "$INSTDIR\${PROGRAM}"
    ClearErrors
    FileOpen $0 "$INSTDIR\${PROGRAM}" a
    ${If} ${Errors}
      StrCpy $0 "1"
    ${Else}
      FileClose $0
      StrCpy $0 "0"
    ${EndIf}
    ClearErrors
  ${EndIf}
  Exch $0
FunctionEnd

; Has the program end as if its owner had chosen Quit, so that drafts and replies are safe, and waits until it is gone.
; Never by force. Leaves with STILL_OPEN where it does not go.
Function ${UN}EndProgram
  again:
  Call ${UN}IsOpen
  Pop $0
  ${If} $0 == "0"
    Return
  ${EndIf}
  StrCpy $WasOpen "1"
  ExecWait `"$INSTDIR\${PROGRAM}" --quit`
  ; The lock goes a moment after the process.
  ${For} $1 1 50
    Call ${UN}IsOpen
    Pop $0
    ${If} $0 == "0"
      Return
    ${EndIf}
    Sleep 100
  ${Next}
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "Shopbell is still open. Please quit it (its menu, or a right click on its icon beside the clock), then try again." /SD IDCANCEL IDRETRY again
  SetErrorLevel ${STILL_OPEN}
  Quit
FunctionEnd

; For switches /NAME=yes|no: $0 is the name with "=", $1 what holds without it; $1 becomes "1" or "0".
Function ${UN}Switch
  ${GetParameters} $2
  ClearErrors
  ${GetOptions} $2 $0 $3
  ${If} ${Errors}
    ClearErrors
  ${ElseIf} $3 == "yes"
    StrCpy $1 "1"
  ${Else}
    StrCpy $1 "0"
  ${EndIf}
FunctionEnd
!macroend
!insertmacro Shared ""
!insertmacro Shared "un."

; --- setup -----------------------------------------------------------------------------------------------------------

Function .onInit
  System::Call 'kernel32::CreateMutex(p 0, i 1, t "ShopbellSetup") p .r1 ?e'
  Pop $0
  ${If} $0 = 183 ; ERROR_ALREADY_EXISTS
    !insertmacro Leave ${ALREADY_RUNNING} "The setup of Shopbell is open already."
  ${EndIf}
  ${IfNot} ${AtLeastBuild} ${OLDEST_BUILD}
    !insertmacro Leave ${WINDOWS_TOO_OLD} "Shopbell needs Windows 10, version 1809, or newer."
  ${EndIf}

  ; Never into a folder that holds something else.
  ${GetFileName} "$INSTDIR" $0
  ${If} $0 != "${NAME}"
    StrCpy $INSTDIR "$INSTDIR\${NAME}"
  ${EndIf}

  ReadRegStr $Before HKCU "${UNINSTALL_KEY}" "DisplayVersion"
  ${If} $Before != ""
    ${VersionCompare} "$Before" "${VERSION}" $0
    ${If} $0 = 1
      MessageBox MB_YESNO|MB_ICONEXCLAMATION|MB_DEFBUTTON2 "Shopbell $Before is installed, which is newer than this setup (${VERSION}). An older Shopbell cannot open what a newer one has written. Install the older one all the same?" /SD IDNO IDYES go_on
      SetErrorLevel ${NEWER_IS_THERE}
      Quit
      go_on:
    ${EndIf}
  ${EndIf}

  StrCpy $1 "0"
  ReadRegStr $0 HKCU "${RUN_KEY}" "${NAME}"
  ${If} $0 != ""
    StrCpy $1 "1"
  ${EndIf}
  StrCpy $0 "/AUTOSTART="
  Call Switch
  StrCpy $WithAutostart $1

  StrCpy $1 "0"
  ${If} ${FileExists} "$DESKTOP\${NAME}.lnk"
    StrCpy $1 "1"
  ${EndIf}
  StrCpy $0 "/DESKTOP="
  Call Switch
  StrCpy $OnDesktop $1
FunctionEnd

Function ShowChoices
  ${If} $Before == ""
    !insertmacro MUI_HEADER_TEXT "Install Shopbell ${VERSION}" "One window for everything your customers say."
    StrCpy $0 "It is installed for you alone; no administrator is needed. Everything it will know of your customers stays on this computer."
  ${ElseIf} $Before == "${VERSION}"
    !insertmacro MUI_HEADER_TEXT "Install Shopbell ${VERSION} again" "This version is installed."
    StrCpy $0 "Your messages, replies and settings stay as they are. If Shopbell is open, it saves everything and closes for a moment."
  ${Else}
    !insertmacro MUI_HEADER_TEXT "Update Shopbell to ${VERSION}" "Version $Before is installed."
    StrCpy $0 "Your messages, replies and settings stay as they are. If Shopbell is open, it saves everything and closes for a moment."
  ${EndIf}
  nsDialogs::Create 1018
  Pop $1
  ${NSD_CreateLabel} 0 0 100% 24u $0
  Pop $1
  ${NSD_CreateCheckbox} 0 34u 100% 12u "&Start with Windows, in the tray, so that complaints ring without opening it"
  Pop $AutostartBox
  ${NSD_SetState} $AutostartBox $WithAutostart
  ${NSD_CreateCheckbox} 0 50u 100% 12u "Put an icon on the &desktop"
  Pop $DesktopBox
  ${NSD_SetState} $DesktopBox $OnDesktop
  ${NSD_CreateLabel} 0 -14u 100% 12u "Folder: $INSTDIR"
  Pop $1
  GetDlgItem $1 $HWNDPARENT 1
  ${If} $Before == ""
    SendMessage $1 ${WM_SETTEXT} 0 "STR:&Install"
  ${Else}
    SendMessage $1 ${WM_SETTEXT} 0 "STR:&Update"
  ${EndIf}
  nsDialogs::Show
FunctionEnd

Function TakeChoices
  ${NSD_GetState} $AutostartBox $WithAutostart
  ${NSD_GetState} $DesktopBox $OnDesktop
FunctionEnd

Function ShowDone
  !insertmacro MUI_HEADER_TEXT "Shopbell is installed" "You find it in the Start menu under Shopbell."
  nsDialogs::Create 1018
  Pop $1
  ${NSD_CreateCheckbox} 0 0 100% 12u "&Open Shopbell now"
  Pop $OpenBox
  ${NSD_SetState} $OpenBox ${BST_CHECKED}
  GetDlgItem $1 $HWNDPARENT 1
  SendMessage $1 ${WM_SETTEXT} 0 "STR:&Finish"
  ; What is done cannot be cancelled.
  GetDlgItem $1 $HWNDPARENT 2
  ShowWindow $1 ${SW_HIDE}
  nsDialogs::Show
FunctionEnd

Function TakeDone
  ${NSD_GetState} $OpenBox $0
  ${If} $0 = ${BST_CHECKED}
    Exec `"$INSTDIR\${PROGRAM}"`
  ${EndIf}
FunctionEnd

; $0: a shortcut that was just made; gives it the id under which Windows shows our notifications.
Function GiveId
  !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r1 ""
  ${If} $1 P= 0
    Return
  ${EndIf}
  ${IUnknown::QueryInterface} $1 '("${IID_IPersistFile}",.r2)'
  ${If} $2 P<> 0
    ${IPersistFile::Load} $2 '("$0",${STGM_READWRITE})'
    ${IUnknown::QueryInterface} $1 '("${IID_IPropertyStore}",.r3)'
    ${If} $3 P<> 0
      System::Call '*(&t128 "${APP_ID}") p .r4'
      System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID}) p .r5'
      System::Call '*${SYSSTRUCT_PROPVARIANT}(${VT_LPWSTR},,p r4) p .r6'
      ${IPropertyStore::SetValue} $3 '($5,$6)'
      ${IPropertyStore::Commit} $3 ""
      System::Free $6
      System::Free $5
      System::Free $4
      ${IUnknown::Release} $3 ""
      ${IPersistFile::Save} $2 '("$0",1)'
    ${EndIf}
    ${IUnknown::Release} $2 ""
  ${EndIf}
  ${IUnknown::Release} $1 ""
FunctionEnd

; What an earlier setup could not finish, or could not delete because something looked into it.
Function SweepUp
  RMDir /r "$INSTDIR\incoming"
  RMDir /r "$INSTDIR\outgoing"
FunctionEnd

; The new program takes the place of the old one by four renames, or everything is as it was. $0 becomes "1" when done.
Function Swap
  StrCpy $0 "0"
  CreateDirectory "$INSTDIR\outgoing"
  ClearErrors
  ${If} ${FileExists} "$INSTDIR\${PROGRAM}"
    Rename "$INSTDIR\${PROGRAM}" "$INSTDIR\outgoing\${PROGRAM}"
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\${PARTS}\*"
    Rename "$INSTDIR\${PARTS}" "$INSTDIR\outgoing\${PARTS}"
  ${EndIf}
  ${IfNot} ${Errors}
    Rename "$INSTDIR\incoming\${PARTS}" "$INSTDIR\${PARTS}"
  ${EndIf}
  ${IfNot} ${Errors}
    Rename "$INSTDIR\incoming\${PROGRAM}" "$INSTDIR\${PROGRAM}"
  ${EndIf}
  ${IfNot} ${Errors}
    StrCpy $0 "1"
    Return
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\outgoing\${PARTS}\*"
    Rename "$INSTDIR\${PARTS}" "$INSTDIR\incoming\${PARTS}"
    Rename "$INSTDIR\outgoing\${PARTS}" "$INSTDIR\${PARTS}"
  ${EndIf}
  Rename "$INSTDIR\outgoing\${PROGRAM}" "$INSTDIR\${PROGRAM}"
FunctionEnd

; Before the first thing is changed: the new program whole beside the old one, so that a full disk or a power cut
; leaves a program that works.
Section "Shopbell"
  Call EndProgram
  Call SweepUp
  ClearErrors
  SetOutPath "$INSTDIR\incoming"
  File "${SOURCE}\${PROGRAM}"
  File /r "${SOURCE}\${PARTS}"
  SetOutPath "$INSTDIR"
  ${If} ${Errors}
    SetErrorLevel ${FAILED}
    Abort "Shopbell could not be written to $INSTDIR. Is the disk full? Nothing has been changed."
  ${EndIf}

  StrCpy $5 20
  swap:
  Call Swap
  ${If} $0 == "0"
    ; A virus scanner looks into what is new, and lets go of it again.
    ${If} $5 > 0
      IntOp $5 $5 - 1
      Sleep 500
      Goto swap
    ${EndIf}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "Something keeps the files of Shopbell open: Shopbell itself, or a virus scanner. Please wait a moment, then try again. Nothing has been changed." /SD IDCANCEL IDRETRY swap
    SetErrorLevel ${FAILED}
    Abort "Nothing has been changed."
  ${EndIf}
  Call SweepUp
  ClearErrors

  WriteUninstaller "$INSTDIR\${UNINSTALLER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${PROGRAM},0"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" `"$INSTDIR\${UNINSTALLER}"`
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" `"$INSTDIR\${UNINSTALLER}" /S`
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" $0

  WriteRegStr HKCU "${LINK_KEY}" "" "URL:${NAME}"
  WriteRegStr HKCU "${LINK_KEY}" "URL Protocol" ""
  WriteRegStr HKCU "${LINK_KEY}\DefaultIcon" "" "$INSTDIR\${PROGRAM},0"
  WriteRegStr HKCU "${LINK_KEY}\shell\open\command" "" `"$INSTDIR\${PROGRAM}" "%1"`

  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${PROGRAM}" "" "$INSTDIR\${PROGRAM}" 0 SW_SHOWNORMAL "" "Everything your customers say, in one window"
  StrCpy $0 "$SMPROGRAMS\${NAME}.lnk"
  Call GiveId
  ${If} $OnDesktop = 1
    CreateShortcut "$DESKTOP\${NAME}.lnk" "$INSTDIR\${PROGRAM}" "" "$INSTDIR\${PROGRAM}" 0
    StrCpy $0 "$DESKTOP\${NAME}.lnk"
    Call GiveId
  ${Else}
    Delete "$DESKTOP\${NAME}.lnk"
  ${EndIf}
  ${If} $WithAutostart = 1
    WriteRegStr HKCU "${RUN_KEY}" "${NAME}" `"$INSTDIR\${PROGRAM}" --hidden`
  ${Else}
    DeleteRegValue HKCU "${RUN_KEY}" "${NAME}"
    DeleteRegValue HKCU "${RUN_ALLOWED_KEY}" "${NAME}"
  ${EndIf}
  ; On to the last page.
  SetAutoClose true
  ; SHCNE_ASSOCCHANGED: icons and links anew.
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd

; It was there before, so it rings on; a person is asked on the last page instead.
Function .onInstSuccess
  ${If} ${Silent}
  ${AndIf} $WasOpen == "1"
    Exec `"$INSTDIR\${PROGRAM}" --hidden`
  ${EndIf}
FunctionEnd

Function .onInstFailed
  SetOutPath "$TEMP"
  Call SweepUp
FunctionEnd

; --- uninstaller -----------------------------------------------------------------------------------------------------

Function un.onInit
  StrCpy $DeleteData "0"
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/DATA=" $1
  ${If} $1 == "delete"
    StrCpy $DeleteData "1"
  ${EndIf}
  ClearErrors
FunctionEnd

Function un.ShowData
  !insertmacro MUI_HEADER_TEXT "Remove Shopbell" "The program goes; what your customers said can stay."
  nsDialogs::Create 1018
  Pop $1
  ${NSD_CreateLabel} 0 0 100% 36u "Messages, replies, settings and backups stay on this computer, in$\r$\n${DATA}$\r$\nand are there again when Shopbell is installed again."
  Pop $1
  ${NSD_CreateCheckbox} 0 46u 100% 12u "&Delete them too, and the sign-ins. This cannot be undone"
  Pop $DataBox
  ${NSD_SetState} $DataBox $DeleteData
  GetDlgItem $1 $HWNDPARENT 1
  SendMessage $1 ${WM_SETTEXT} 0 "STR:&Remove"
  nsDialogs::Show
FunctionEnd

Function un.TakeData
  ${NSD_GetState} $DataBox $DeleteData
FunctionEnd

; Only what the setup brought is deleted, by name: the folder stays where somebody keeps something in it.
Section "un.Shopbell"
  Call un.EndProgram
  SetOutPath "$TEMP"
  ${If} $DeleteData = 1
    ; While there is still a program that knows which are ours: what the key store of Windows holds.
    ExecWait `"$INSTDIR\${PROGRAM}" accounts sign-out`
  ${EndIf}
  RMDir /r "$INSTDIR\incoming"
  RMDir /r "$INSTDIR\outgoing"
  RMDir /r "$INSTDIR\${PARTS}"
  Delete "$INSTDIR\${PROGRAM}"
  Delete "$INSTDIR\${UNINSTALLER}"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  Delete "$DESKTOP\${NAME}.lnk"
  DeleteRegValue HKCU "${RUN_KEY}" "${NAME}"
  DeleteRegValue HKCU "${RUN_ALLOWED_KEY}" "${NAME}"
  DeleteRegKey HKCU "${LINK_KEY}"
  StrCpy $Farewell "What your customers said stays on this computer."
  ${If} $DeleteData = 1
    RMDir /r "${DATA}"
    StrCpy $Farewell "So are the messages, settings and backups."
  ${EndIf}
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
  ; Last: whatever ends this before is still to be found in the list of programs.
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
SectionEnd
